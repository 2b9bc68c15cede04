using System;
using System.Text;

namespace Unkey.Load;

/// <summary><c>unkey-load fill</c>: stores an answer of a given size under every key of a file in Redis.</summary>
internal static class FillCommand
{
    internal static int Execute(LoadOptions options)
    {
        KeySet keys = KeySet.Load(options.KeysFile, options.KeysMax);
        using Driver<RedisFillWorkload> driver = new(ServerAddress.Parse(options.Address), options, new RedisFillWorkload(keys, Value(options.ValueBytes)));
        driver.RunToExhaustion();
        Console.WriteLine($"{keys.Count} values of {options.ValueBytes} bytes");
        return 0;
    }

    /// <summary>JSON of the size asked for that says "valid", as the constant answers of perf/Peers do.</summary>
    internal static byte[] Value(int bytes)
    {
        const string Start = "{\"meta\":{\"requestId\":\"req_constant\"},\"data\":{\"valid\":true,\"code\":\"VALID\",\"name\":\"";
        const string End = "\"}}";
        return bytes < Start.Length + End.Length
            ? throw new FormatException($"--value-bytes: at least {Start.Length + End.Length}")
            : Encoding.ASCII.GetBytes(Start + new string('x', bytes - Start.Length - End.Length) + End);
    }
}
