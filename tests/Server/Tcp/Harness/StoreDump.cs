using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>Everything that a server has stored, as one text a table: equal dumps mean that nothing was changed between them.</summary>
internal static class StoreDump
{
    /// <summary>A digest of every row of every table, by table.</summary>
    public static IReadOnlyDictionary<string, string> Of(ServerProcess server)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(server.DataDirectory, "unkey.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        SortedDictionary<string, string> dump = new(StringComparer.Ordinal);
        foreach (string table in Rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table'"))
        {
            StringBuilder rows = new();
            int count = 0;
            foreach (string row in Rows(connection, $"SELECT * FROM \"{table}\""))
            {
                rows.Append(row).Append('\n');
                count++;
            }

            dump[table] = $"{count} rows {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(rows.ToString())))}";
        }

        return dump;
    }

    private static IEnumerable<string> Rows(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        object[] values = new object[reader.FieldCount];
        while (reader.Read())
        {
            reader.GetValues(values);
            yield return string.Join('\u001f', Array.ConvertAll(values, static value => value is byte[] bytes ? Convert.ToHexString(bytes) : value.ToString()));
        }
    }
}
