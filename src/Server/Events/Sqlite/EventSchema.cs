using System;
using System.IO;
using System.Reflection;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The tables of the embedded event store.</summary>
internal static class EventSchema
{
    private const string Resource = "Unkey.Server.Events.Sqlite.events.sql";

    /// <summary>The statements that make an empty file a store.</summary>
    public static string Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException("The event schema is not embedded.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
