using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Server.Commands;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Tests.ControlPlane;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class EventsCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-events-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task RawEventsAndSumsArePrintedAsLinesOfJson()
    {
        // A store that is open, as under a running server.
        await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, new SettableClock { NowMs = RandomEvents.MaxMs });
        await sink.DeliverAsync(EventPayloads.Batch("a", EventPayloads.Ratelimit("me"), EventPayloads.Ratelimit("\"you\"\u001b")), CancellationToken.None);
        Assert.Equal(
            (0, "{\"identifier\":\"\\u0022you\\u0022\\u001B\",\"n\":1.5,\"none\":null,\"bytes\":\"AQ==\"}\n{\"identifier\":\"me\",\"n\":1.5,\"none\":null,\"bytes\":\"AQ==\"}\n", ""),
            Run("SELECT identifier, 1.5 AS n, NULL AS none, x'01' AS bytes FROM ratelimits_v1 ORDER BY identifier"));
        Assert.Equal((0, "", ""), Run("SELECT * FROM api_requests_raw_v2"));
    }

    [Fact]
    public async Task WhatCannotBeReadIsSaidInALine()
    {
        Assert.Equal((1, "", $"unkey: there is no event store '{SqliteEventSink.PathIn(_directory)}'; --data names the data directory of the server\n"), Run("SELECT 1"));
        await using SqliteEventSink sink = SqliteEventSink.Open(_directory, 0, new SettableClock { NowMs = RandomEvents.MaxMs });
        Assert.Equal((1, "", "unkey: SQLite Error 1: 'no such table: events'.\n"), Run("SELECT * FROM events"));
        Assert.Equal((1, "", "unkey: SQLite Error 8: 'attempt to write a readonly database'.\n"), Run("DELETE FROM event_segments"));
        (int exitCode, _, string error) = Run("SELECT $a");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("unkey: Must add values", error, StringComparison.Ordinal);
    }

    private (int ExitCode, string Output, string Error) Run(string query)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = CommandLine.Run(["events", query], new CommandContext(output, error, name => name == "UNKEY_DATA" ? _directory : null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
