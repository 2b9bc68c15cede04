using System;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>The snapshot that a stop is to leave: whether there is one, and the one line of the log about it. Used once, by the thread that closes the store.</summary>
/// <param name="directory">The data directory.</param>
/// <param name="engine">The tables, which nobody changes any more.</param>
/// <param name="keysMin">From how many keys on; 0 for never.</param>
/// <param name="time">How long it may take from now on; zero or less when there is none left.</param>
/// <param name="logger">Learns what became of it.</param>
internal sealed class SnapshotPlan(string directory, EngineState engine, long keysMin, TimeSpan time, ILogger logger)
{
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    /// <summary>Decides whether there is to be one.</summary>
    /// <returns>What the last commit has to put into the database; null for nothing.</returns>
    public byte[]? Begin()
    {
        // Where nobody tells whether a file was changed, no start could believe it.
        if (keysMin == 0 || engine.Keys.Count < keysMin || !OperatingSystem.IsLinux())
        {
            return null;
        }

        if (time > TimeSpan.Zero)
        {
            return RandomNumberGenerator.GetBytes(SnapshotHeader.TokenBytes);
        }

        SnapshotLog.NotWritten(logger, "there is no time left for it");
        return null;
    }

    /// <summary>Writes it, when the database is closed.</summary>
    /// <param name="token">From <see cref="Begin"/>.</param>
    /// <param name="database">The file of the database, which has the token; null when it has not.</param>
    /// <param name="problem">Why the database is not one that a snapshot could be of; empty when it is.</param>
    public void End(byte[] token, FileState? database, string problem)
    {
        long keys = 0;
        if (problem.Length == 0 && database is { } closed)
        {
            using SnapshotWriter? writer = SnapshotWriter.Open(directory, engine, token, out problem);
            if (writer is not null)
            {
                problem = writer.Write(closed, SqliteMigrations.Latest, _startedAt + (long)(time.TotalSeconds * Stopwatch.Frequency)) ?? "";
                keys = writer.Keys;
            }
        }

        if (problem.Length > 0)
        {
            SnapshotLog.NotWritten(logger, problem);
            return;
        }

        long elapsedMs = (long)Stopwatch.GetElapsedTime(_startedAt).TotalMilliseconds;
        SnapshotLog.Written(logger, keys, elapsedMs);
    }
}
