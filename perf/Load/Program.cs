using System;
using System.IO;

namespace Unkey.Load;

/// <summary>Entry point: <c>unkey-load run|seed|start|ready|fill|report</c>.</summary>
internal static class Program
{
    private const string Usage = """
        unkey-load run    measures a server          --address H:P|unix:/path  --connections N  --depth N  --rate PER_S (0 = closed loop)  --poisson
                                                     --seconds S  --warm-up S  --keys FILE  --keys-max N  --root-key-file FILE (or UNKEY_ROOT_KEY)
                                                     --permissions Q  --tag T  --path P  --body 'JSON with {key}'  --pid N (server, for CPU)
                                                     --protocol http (default)|redis  --metrics H:P (asked for bytes allocated)
                                                     --spin (default)|--sleep  --json FILE  --label L  --scenario S  --round N  --require-valid
        unkey-load seed   creates API and keys       --address  --root-key-file  --count N  --connections N  --keys FILE (written)
        unkey-load start  exec to first answer       --address  --path P  --runs N  --idle S  --json FILE -- COMMAND ARGS...
        unkey-load ready  waits for the first answer --address  --path P  --protocol http|redis  --seconds S (give up)
        unkey-load fill   puts values into Redis     --address  --keys FILE  --value-bytes N  --connections N  --depth N
        unkey-load report draws tables and charts    RESULTS_DIRECTORY MARKDOWN_FILE
        """;

    private static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || arguments[0] is "--help" or "-h" or "help")
        {
            Console.WriteLine(Usage);
            return arguments.Length == 0 ? 2 : 0;
        }

        try
        {
            return arguments[0] switch
            {
                "run" => RunCommand.Execute(LoadOptions.Parse(arguments.AsSpan(1))),
                "seed" => SeedCommand.Execute(LoadOptions.Parse(arguments.AsSpan(1))),
                "start" => StartCommand.Execute(LoadOptions.Parse(arguments.AsSpan(1))),
                "ready" => ReadyCommand.Execute(LoadOptions.Parse(arguments.AsSpan(1))),
                "fill" => FillCommand.Execute(LoadOptions.Parse(arguments.AsSpan(1))),
                "report" when arguments.Length == 3 => ReportCommand.Execute(arguments[1], arguments[2]),
                _ => Fail("unknown command; see unkey-load --help"),
            };
        }
        catch (Exception e) when (e is FormatException or IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return Fail(e.Message);
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine("unkey-load: " + message);
        return 2;
    }
}
