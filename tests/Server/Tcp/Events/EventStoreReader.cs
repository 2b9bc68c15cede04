using System.Collections.Generic;
using System.IO;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite.Segments;

namespace Unkey.Server.Tests.Tcp.Events;

/// <summary>Reads the embedded event store of a server that has stopped, or of one that runs.</summary>
internal sealed class EventStoreReader : System.IDisposable
{
    private readonly SqliteConnection _connection;

    public EventStoreReader(string dataDirectory)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(dataDirectory, "events.db")};Mode=ReadWrite;Pooling=False");
        _connection.Open();
        SegmentReading.Attach(_connection);
    }

    /// <summary>The first column of every row.</summary>
    public List<string> Texts(string sql) => Texts(_connection, sql);

    /// <summary>The first column of every row, on any connection.</summary>
    public static List<string> Texts(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        List<string> texts = [];
        while (reader.Read())
        {
            texts.Add(reader.GetValue(0).ToString()!);
        }

        return texts;
    }

    /// <summary>One number; 0 for none.</summary>
    public long Number(string sql) => Texts(sql) is [{ Length: > 0 } text, ..] ? long.Parse(text) : 0;

    public void Dispose() => _connection.Dispose();
}
