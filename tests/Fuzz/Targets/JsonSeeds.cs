using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Unkey.Fuzz.Targets;

/// <summary>JSON texts as seeds. Constant.</summary>
internal static class JsonSeeds
{
    private static readonly string[] s_texts =
    [
        "{}", "[]", "null", "\"\"", "-0", "1e400", " [ 1 , -2.5e+3 , \"a\" , true , false , null , { \"b\" : [ ] } ] \r\n\t", "\"\\u0000\\ud83d\\ude00\\/\"",
        "{\"a\":{\"a\":[{\"a\":1}]},\"a\":2}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        "{\"key\":\"sk_1\\u0041\",\"permissions\":\"a AND b\",\"credits\":{\"cost\":7},\"tags\":[\"t1\",\"\\u00e9\"],\"migrationId\":\"m\",\"ratelimits\":[{\"name\":\"requests\"},"
            + "{\"cost\":2,\"name\":\"tok\\u0065ns\",\"duration\":60000,\"limit\":10,\"more\":[{}]}]}",
        "{\"key\":\"nope\",\"key\":\"x\"}", "{\"key\":\"x\",\"credits\":{\"cost\":1000000000000}}", "{\"namespace\":\"n\",\"identifier\":\"i\",\"limit\":5,\"duration\":1000}",
        "[{\"namespace\":\"n\",\"identifier\":\"i\",\"limit\":5,\"duration\":1000},{\"cost\":0,\"duration\":2592000000,\"limit\":9223372036854775807,\"identifier\":\" \",\"namespace\":\"r\"}]",
        "{\"and\":[\"p1\",{\"or\":[\"p2\",\"p6\",{\"and\":[\"p4\",\"p2\"]}]}]}", "{\"or\":[null,\"a\",null,\"b\"]}", "{\"x\":{\"and\":1},\"or\":[\"a\"],\"y\":[]}",
        "\"caf\u00e9 \U0001F511\"", "\"\\ud800\"", "[1}", "nul", "{\"a\":1,}", "\ufeff{}",
    ];

    /// <summary>Words of the hot requests and of JSON.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d\\ude00", "\\ud800", "\\u0000", "null", "true", "false", "1e400", "-0", "9223372036854775807", "9223372036854775808",
        "1000000000000", "\"key\":", "\"permissions\":", "\"credits\":", "\"cost\":", "\"ratelimits\":", "\"name\":", "\"limit\":", "\"duration\":", "\"tags\":", "\"migrationId\":",
        "\"namespace\":", "\"identifier\":", "\"and\":", "\"or\":", "2592000000",
    ];

    /// <summary>The texts in UTF-8.</summary>
    public static IEnumerable<byte[]> All() => s_texts.Select(Encoding.UTF8.GetBytes);
}
