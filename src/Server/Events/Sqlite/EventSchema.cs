using System;
using System.IO;
using System.Reflection;
using System.Text;
using Unkey.Server.Events.Sqlite.Segments;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The tables of the embedded event store.</summary>
internal static class EventSchema
{
    /// <summary>What this binary reads and writes: the number of steps.</summary>
    public const int Version = 4;

    /// <summary>Name of the embedded image of a store that all steps were run on.</summary>
    public const string Image = "Unkey.Server.Events.Sqlite.empty.db";

    // Since this one raw events are segments and not rows.
    private const int SegmentsVersion = 4;

    // What each version adds to the one before.
    private static readonly string[] s_steps = ["events.sql", "requests.sql", "rollups.sql", "segments.sql"];

    /// <summary>The statements that bring a store to <see cref="Version"/>, the note of the version included.</summary>
    /// <param name="version">Its version now; 0 for an empty file.</param>
    public static string From(int version)
    {
        StringBuilder statements = new();
        foreach (string step in s_steps.AsSpan(version))
        {
            statements.Append(Read(step));
        }

        foreach (SegmentTable table in version < SegmentsVersion ? SegmentTable.All : [])
        {
            // A new store has no rows; the others are read beside the segments until retention has deleted them.
            statements.Append(version == 0
                ? $"DROP TABLE {table.Name}; DELETE FROM rolled_up WHERE source = '{table.Name}';"
                : $"ALTER TABLE {table.Name} RENAME TO {table.Rows};");
        }

        return statements.Append($"PRAGMA user_version = {Version};").ToString();
    }

    private static string Read(string step)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Unkey.Server.Events.Sqlite.{step}")
            ?? throw new InvalidOperationException($"The event schema {step} is not embedded.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
