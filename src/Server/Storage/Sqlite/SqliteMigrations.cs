using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The schema's history: one embedded SQL script a version, applied in order, never edited once released.</summary>
internal static class SqliteMigrations
{
    private const string ResourcePrefix = "Unkey.Server.Storage.Sqlite.Migrations.";

    // The version of a script is its position in this list plus one.
    private static readonly string[] s_names = ["0001_initial.sql", "0002_key_operations.sql", "0003_namespaces_and_lists.sql"];

    /// <summary>The schema version that this binary reads and writes.</summary>
    public static int Latest => s_names.Length;

    /// <summary>The scripts that lead from a version to <see cref="Latest"/>, oldest first, each with the version it produces.</summary>
    /// <param name="version">Version of the database; 0 for an empty one.</param>
    public static IEnumerable<(int Version, string Sql)> After(int version)
    {
        for (int i = version; i < s_names.Length; i++)
        {
            yield return (i + 1, Read(s_names[i]));
        }
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + name)
            ?? throw new InvalidOperationException($"The migration {name} is not embedded.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
