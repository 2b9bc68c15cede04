using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Events.Sqlite;
using Unkey.Tests.Support;

namespace Unkey.Server.Tests.Events;

/// <summary>An event store's file, without the store: changed and read by a test.</summary>
internal sealed class EventFile : IDisposable
{
    public EventFile(string directory)
    {
        Connection = new SqliteConnection($"Data Source={SqliteEventSink.PathIn(directory)};Pooling=False");
        Connection.Open();
    }

    public SqliteConnection Connection { get; }

    /// <summary>Makes the file as a version before segments left it: the tables of raw rows, and roll-ups.</summary>
    public static void MakeOfVersion3(string directory)
    {
        using EventFile file = new(directory);
        string scripts = Path.Combine(RepositoryPaths.Root, "src", "Server", "Events", "Sqlite");
        foreach (string script in (string[])["events.sql", "requests.sql", "rollups.sql"])
        {
            file.Run(File.ReadAllText(Path.Combine(scripts, script)));
        }

        file.Run("PRAGMA user_version = 3; PRAGMA journal_mode = WAL;");
    }

    /// <summary>The SQL that adds an event as a row of version 3.</summary>
    public static string RowOf(byte[] payload)
    {
        if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
        {
            VerificationEventRow row = VerificationEventRow.Of(in verification);
            using TagsWriter tags = new();
            return $"""
                INSERT INTO key_verifications_v1 VALUES ({row.TimeMs}, {Text(row.WorkspaceId)}, {Text(row.KeyspaceId)}, {Text(row.IdentityId)}, {Text(row.ExternalId)}, {Text(row.KeyId)},
                    {Text(row.RequestId)}, '', 'api', '', {Text(row.Outcome)}, {Text(Encoding.UTF8.GetString(tags.Array(in verification)))}, {row.SpentCredits}, {Number(row.LatencyMs)});
                """;
        }

        if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
        {
            RatelimitEventRow row = RatelimitEventRow.Of(in limit);
            return $"""
                INSERT INTO ratelimits_v1 VALUES ({row.TimeMs}, {Text(row.WorkspaceId)}, {Text(row.NamespaceId)}, {Text(row.Identifier)}, {Text(row.RequestId)}, {(row.Passed ? 1 : 0)},
                    {Number(row.LatencyMs)}, {Text(row.OverrideId)}, {row.Limit}, {row.Remaining}, {row.ResetMs}, {row.Tokens});
                """;
        }

        _ = RequestEvent.TryRead(payload, out RequestEvent request);
        RequestEventRow last = RequestEventRow.Of(in request);
        return $"""
            INSERT INTO api_requests_raw_v2 (time, workspace_id, request_id, root_key_id, host, method, path, response_status, error, service_latency, user_agent, ip_address)
            VALUES ({last.TimeMs}, {Text(last.WorkspaceId)}, {Text(last.RequestId)}, {Text(last.RootKeyId)}, {Text(last.Host)}, {Text(last.Method)}, {Text(last.Path)},
                {last.Status}, {Text(last.Error)}, {Number(last.LatencyMs)}, {Text(last.UserAgent)}, {Text(last.Address)});
            """;
    }

    /// <summary>Puts bytes in the place of every segment's, as new segments.</summary>
    public void Replace(Func<byte[], byte[]> change, Func<byte[], long> checksum)
    {
        // All of them first: what gets another number would be met again.
        List<(long Id, byte[] Events)> segments = [];
        using (SqliteCommand read = Connection.CreateCommand())
        {
            read.CommandText = "SELECT id, events FROM event_segments";
            using SqliteDataReader reader = read.ExecuteReader();
            while (reader.Read())
            {
                segments.Add((reader.GetInt64(0), (byte[])reader.GetValue(1)));
            }
        }

        foreach ((long id, byte[] events) in segments)
        {
            byte[] changed = change(events);
            using SqliteCommand write = Connection.CreateCommand();
            write.CommandText = "UPDATE event_segments SET id = id + 1000000, events = $events, checksum = $checksum WHERE id = $id";
            write.Parameters.AddWithValue("$id", id);
            write.Parameters.AddWithValue("$events", changed);
            write.Parameters.AddWithValue("$checksum", checksum(changed));
            write.ExecuteNonQuery();
        }
    }

    public void Run(string sql)
    {
        using SqliteCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => Connection.Dispose();


    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    // To the nanosecond, of which it is a multiple.
    private static string Number(double milliseconds) => milliseconds.ToString("F6", CultureInfo.InvariantCulture);
}
