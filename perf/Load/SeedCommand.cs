using System;
using System.Diagnostics;
using System.IO;
using System.Text;

namespace Unkey.Load;

/// <summary><c>unkey-load seed</c>: one API and many keys, made through the public HTTP API, plaintexts written to a file.</summary>
internal static class SeedCommand
{
    /// <summary>What every seeded key has: two permissions, and credits and one auto-applied limit that the benchmark cannot exhaust.</summary>
    private const string KeyBody =
        "\"credits\":{\"remaining\":1000000000},\"permissions\":[\"documents.read\",\"documents.write\"]," +
        "\"ratelimits\":[{\"name\":\"requests\",\"limit\":1000000,\"duration\":60000,\"autoApply\":true}]";

    internal static int Execute(LoadOptions options)
    {
        ServerAddress address = ServerAddress.Parse(options.Address);
        string api = CreateApi(address, options.RootKey);
        string extra = options.Body.Length > 0 ? options.Body : KeyBody;
        byte[] request = SeedWorkload.Post(address, "/v2/keys.createKey", options.RootKey, $"{{\"apiId\":\"{api}\",{extra}}}");
        long start = Stopwatch.GetTimestamp();
        using FileStream keys = new(options.KeysFile, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        using Driver<SeedWorkload> driver = new(address, options, new SeedWorkload(request, options.Count, keys));
        driver.RunToExhaustion();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"{options.Count} keys of {api} in {seconds:0.0} s ({options.Count / seconds:0}/s), " +
            $"p50 {driver.Latency.GetValueAtPercentile(50) / 1e6:0.0} ms, p99 {driver.Latency.GetValueAtPercentile(99) / 1e6:0.0} ms");
        return 0;
    }

    /// <summary>The value of a string member that holds no escapes; the first one of that name.</summary>
    internal static ReadOnlySpan<byte> StringMember(ReadOnlySpan<byte> body, ReadOnlySpan<byte> nameAndQuote)
    {
        int at = body.IndexOf(nameAndQuote);
        int length = at < 0 ? -1 : body[(at + nameAndQuote.Length)..].IndexOf((byte)'"');
        return length < 0
            ? throw new IOException("unexpected answer: " + Encoding.UTF8.GetString(body))
            : body.Slice(at + nameAndQuote.Length, length);
    }

    private static string CreateApi(ServerAddress address, string rootKey)
    {
        using MemoryStream result = new();
        byte[] request = SeedWorkload.Post(address, "/v2/apis.createApi", rootKey, "{\"name\":\"benchmark\"}");
        LoadOptions one = new() { Connections = 1 };
        using Driver<SingleWorkload> driver = new(address, one, new SingleWorkload(request, result));
        driver.RunToExhaustion();
        return Encoding.UTF8.GetString(StringMember(result.ToArray(), "\"apiId\":\""u8));
    }
}
