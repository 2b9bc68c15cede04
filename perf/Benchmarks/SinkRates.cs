using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.ClickHouse;
using Unkey.Server.Events.Sqlite;

namespace Unkey.Perf;

/// <summary>How many verification events a second an event store takes when nothing else holds them up, at what CPU time, and with what memory.</summary>
/// <remarks>Batches as the batcher makes them: 10,000 events of random keys, one after the other. The embedded store includes its sums.</remarks>
internal static class SinkRates
{
    private const int BatchEvents = 10_000;
    private const int BatchesMade = 20;
    private const int Keys = 100_000;
    private const int Reports = 10;

    internal static async Task<int> RunAsync(TextWriter output, TimeSpan time, string? clickHouse)
    {
        string directory = Directory.CreateTempSubdirectory("unkey-sinks-").FullName;
        try
        {
            await using IEventSink sink = Open(directory, clickHouse, output);
            EventBatch[] batches = new EventBatch[BatchesMade];
            for (int i = 0; i < batches.Length; i++)
            {
                batches[i] = Batch(i);
            }

            // Prepares statements, tables and connections.
            await sink.DeliverAsync(batches[0] with { Token = Guid.NewGuid().ToString("N") }, CancellationToken.None).ConfigureAwait(false);
            using Process process = Process.GetCurrentProcess();
            long start = Stopwatch.GetTimestamp();
            TimeSpan cpu = process.TotalProcessorTime;
            long events = 0;
            int reported = 0;
            output.WriteLine($"{sink.Description}, {Keys} keys, batches of {BatchEvents}");
            while (Stopwatch.GetElapsedTime(start) is var elapsed && (elapsed < time || reported < Reports))
            {
                EventBatch batch = batches[events / BatchEvents % BatchesMade] with { Token = Guid.NewGuid().ToString("N") };
                await sink.DeliverAsync(batch, CancellationToken.None).ConfigureAwait(false);
                events += BatchEvents;
                if (Stopwatch.GetElapsedTime(start) >= time * (reported + 1) / Reports)
                {
                    reported++;
                    process.Refresh();
                    TimeSpan now = Stopwatch.GetElapsedTime(start);
                    double cpuUs = (process.TotalProcessorTime - cpu).TotalMicroseconds;
                    output.WriteLine(
                        $"{now.TotalSeconds,6:0} s  {events / now.TotalSeconds,9:0} events/s  {cpuUs / events,6:0.00} us CPU/event"
                            + $"  {cpuUs / now.TotalMicroseconds,5:P0} of a core  resident {process.WorkingSet64 / 1048576.0,6:0.0} MiB");
                }
            }

            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static IEventSink Open(string directory, string? clickHouse, TextWriter output)
    {
        if (clickHouse is null)
        {
            return SqliteEventSink.Open(directory, 0, TimeProvider.System);
        }

        if (ClickHouseAddress.Read(clickHouse, out ClickHouseAddress? address) is { } problem)
        {
            output.WriteLine($"The address of ClickHouse {problem}.");
            throw new ArgumentException(problem, nameof(clickHouse));
        }

        return new ClickHouseEventSink(address!, 90);
    }

    private static EventBatch Batch(int number)
    {
        Random random = new(number);
        EventBatchBuilder builder = new();
        byte[] room = new byte[1024];
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (int i = 0; i < BatchEvents; i++)
        {
            VerificationEvent item = new()
            {
                Outcome = VerifyOutcome.Valid,
                TimeMs = now + (number * 1000) + (i / 10),
                LatencyNs = random.Next(1_000, 100_000),
                RequestId = Encoding.UTF8.GetBytes($"req_{random.NextInt64():x16}"),
                WorkspaceId = "ws_benchmark"u8,
                KeyspaceId = "ks_benchmark"u8,
                KeyId = Encoding.UTF8.GetBytes($"key_{random.Next(Keys):D8}"),
                TagCount = 1,
            };
            EventWriter writer = new(room);
            item.WriteTo(ref writer);
            writer.Text("path=/v1/documents"u8);
            builder.Add(room.AsSpan(0, writer.Written));
        }

        return new EventBatch("", builder.Verifications, 0, builder.Events.ToArray());
    }
}
