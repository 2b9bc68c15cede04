using System;
using System.IO;
using System.Reflection;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Makes a new database beside its place and moves it there when it is complete.</summary>
/// <remarks>
/// A new database is the copy of an image that this binary carries: to run all the statements of a schema, the changes of later versions among
/// them, takes several milliseconds of every first start. A test makes the images anew from those statements and compares. Nothing has to survive a
/// crash half-way, since a file without its final name is made again, so the image is synchronised once. The new name is durable with the first
/// commit, because SQLite synchronises the directory when it makes the write-ahead log. One thread, which holds the directory's lock.
/// </remarks>
internal static class SqliteCreation
{
    private const string UnfinishedSuffix = ".new";
    private const string LogSuffix = "-wal";
    private const int CopyBytes = 64 * 1024;

    /// <summary>Creates the database.</summary>
    /// <param name="path">Where it will be; nothing is there yet.</param>
    /// <param name="image">Name of the embedded image of an empty database with its tables, in WAL mode.</param>
    /// <exception cref="StoreException">The write-ahead log of another database is there. SQLite would play it into the new one.</exception>
    public static void Create(string path, string image)
    {
        if (new FileInfo(path + LogSuffix) is { Exists: true, Length: > 0 })
        {
            throw new StoreException(
                StoreFault.Corrupt,
                $"'{path}' is missing, but '{path}{LogSuffix}', which holds its last changes, is there. Put the database back beside it,"
                    + " or move the log away as well to start with a new one.");
        }

        string unfinished = path + UnfinishedSuffix;
        File.Delete(unfinished);

        // SQLite would create the file with the process's usual mode, readable by others.
        using (FileStream file = PrivateFile.Open(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            using Stream content = Assembly.GetExecutingAssembly().GetManifestResourceStream(image)
                ?? throw new InvalidOperationException($"The database image {image} is not embedded.");
            content.CopyTo(file, CopyBytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
    }
}
