using System;
using System.Buffers.Binary;
using System.IO;
using Microsoft.Data.Sqlite;
using Unkey.Server.Events.Sqlite;
using Unkey.Server.Storage.Sqlite;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Storage;

/// <summary>The images that new databases are copied from are what the statements of the schemas make, byte for byte. <c>UNKEY_TEST_UPDATE=1</c> makes them anew.</summary>
public sealed class DatabaseImageTests : IDisposable
{
    // In the header of a file: the count of changes, the count to which the version holds, and the version of the library that wrote it.
    private const int ChangesAt = 24;
    private const int ValidForAt = 92;
    private const int LibraryAt = 96;

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-image-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void TheImageOfTheKeyStoreIsWhatItsMigrationsMake() =>
        Check(SqliteMigrations.Image, "src/Server/Storage/Sqlite/empty.db", static connection => SqliteMigrations.Apply(connection, 0));

    [Fact]
    public void TheImageOfTheEventStoreIsWhatItsStepsMake() =>
        Check(EventSchema.Image, "src/Server/Events/Sqlite/empty.db", static connection => SqliteDatabase.Run(connection, EventSchema.From(0)));

    private void Check(string resource, string sourceFile, Action<SqliteConnection> fill)
    {
        byte[] made = Make(fill);
        if (Environment.GetEnvironmentVariable("UNKEY_TEST_UPDATE") == "1")
        {
            File.WriteAllBytes(Path.Combine(RepositoryPaths.Root, sourceFile), made);
            return;
        }

        using Stream embedded = typeof(SqliteMigrations).Assembly.GetManifestResourceStream(resource)!;
        byte[] image = new byte[embedded.Length];
        embedded.ReadExactly(image);
        foreach (int at in (int[])[ChangesAt, ValidForAt, LibraryAt])
        {
            BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(at), 0);
            BinaryPrimitives.WriteInt32BigEndian(made.AsSpan(at), 0);
        }

        int first = image.AsSpan().CommonPrefixLength(made);
        Assert.True(
            first == made.Length && first == image.Length,
            $"{sourceFile} ({image.Length} bytes) is not what the statements of its schema make ({made.Length} bytes): they differ from byte {first} on. Run this test with UNKEY_TEST_UPDATE=1.");
    }

    // Without the free pages and the order of pages that changes leave behind.
    private byte[] Make(Action<SqliteConnection> fill)
    {
        SQLitePCL.Batteries_V2.Init();
        string raw = Path.Combine(_directory, "raw.db");
        string packed = Path.Combine(_directory, "packed.db");
        File.WriteAllBytes(raw, []);
        using (SqliteConnection connection = SqliteDatabase.Connect(raw))
        {
            fill(connection);
            SqliteDatabase.Run(connection, $"VACUUM INTO '{packed}'");
        }

        using (SqliteConnection connection = SqliteDatabase.Connect(packed))
        {
            SqliteDatabase.UseWriteAheadLog(connection);
        }

        return File.ReadAllBytes(packed);
    }
}
