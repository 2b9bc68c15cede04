package verify

import (
	"fmt"
	"os"
	"strconv"
)

// FromArguments reads PORT KEYS_FILE ROOT_KEY [FILL_TO], loads the store and returns it with the address to listen on. It exits on a bad argument.
func FromArguments() (*Store, string) {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: %s PORT KEYS_FILE ROOT_KEY [FILL_TO]", os.Args[0]))
	}
	fillTo := 0
	if len(os.Args) > 4 {
		var err error
		if fillTo, err = strconv.Atoi(os.Args[4]); err != nil {
			fail(err)
		}
	}
	store, err := Load(os.Args[2], os.Args[3], fillTo)
	if err != nil {
		fail(err)
	}
	return store, "127.0.0.1:" + os.Args[1]
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
