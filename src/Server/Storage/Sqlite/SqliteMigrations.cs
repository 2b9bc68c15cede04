using System;
using System.IO;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The schema's history: one embedded SQL script a version, applied in order, never edited once released.</summary>
internal static class SqliteMigrations
{
    /// <summary>"unky" as a big-endian number, in the file's header: tells our file from any other SQLite database.</summary>
    public const int ApplicationId = 0x756E6B79;

    /// <summary>Name of the embedded image of a database that all scripts were run on.</summary>
    public const string Image = "Unkey.Server.Storage.Sqlite.empty.db";

    private const string ResourcePrefix = "Unkey.Server.Storage.Sqlite.Migrations.";

    // The version of a script is its position in this list plus one.
    private static readonly string[] s_names =
    [
        "0001_initial.sql", "0002_key_operations.sql", "0003_namespaces_and_lists.sql", "0004_key_environment.sql",
        "0005_namespace_algorithm.sql", "0006_balance_totals.sql", "0007_key_checksum.sql", "0008_key_snapshot.sql",
    ];

    /// <summary>The schema version that this binary reads and writes.</summary>
    public static int Latest => s_names.Length;

    /// <summary>Runs the scripts that lead from a version to <see cref="Latest"/>, inside the caller's transaction.</summary>
    /// <param name="connection">A connection that writes.</param>
    /// <param name="version">Version of the database; 0 for an empty one.</param>
    public static void Apply(SqliteConnection connection, int version)
    {
        for (int i = version; i < s_names.Length; i++)
        {
            SqliteDatabase.Run(connection, Read(s_names[i]));
        }

        SqliteDatabase.Run(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Latest};");
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + name)
            ?? throw new InvalidOperationException($"The migration {name} is not embedded.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
