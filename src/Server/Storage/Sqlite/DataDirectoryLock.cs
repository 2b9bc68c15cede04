using System;
using System.IO;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>Holds a data directory for this process: two servers on one directory would each trust their own tables.</summary>
/// <remarks>An advisory lock on an open file; the kernel drops it when the process ends, however it ends.</remarks>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = "unkey.db.lock";
    private const UnixFileMode PrivateDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Creates the directory when it is missing (readable by its owner only) and takes the lock.</summary>
    /// <param name="directory">Path of the data directory.</param>
    /// <exception cref="StoreException">The directory cannot be created or written, or another process holds it.</exception>
    public static DataDirectoryLock Take(string directory)
    {
        try
        {
            if (!Directory.Exists(directory))
            {
                if (OperatingSystem.IsWindows())
                {
                    Directory.CreateDirectory(directory);
                }
                else
                {
                    Directory.CreateDirectory(directory, PrivateDirectory);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                StoreFault.ReadOnly, $"The data directory '{directory}' cannot be created: {exception.Message}", exception);
        }

        string path = Path.Combine(directory, FileName);
        try
        {
            return new DataDirectoryLock(PrivateFile.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreException(StoreFault.ReadOnly, $"The data directory '{directory}' cannot be written by this user.", exception);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw InUse(directory, exception);
        }
        catch (IOException exception)
        {
            throw new StoreException(
                StoreFault.InputOutput, $"The data directory '{directory}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>What to throw when another process holds a file of the directory.</summary>
    /// <param name="directory">Path of the data directory.</param>
    /// <param name="exception">What told so.</param>
    public static StoreException InUse(string directory, IOException exception) => new(
        StoreFault.Busy,
        $"The data directory '{directory}' is in use by another running server. Stop it, or give this one its own --data.",
        exception);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
