using System;
using System.IO;

namespace Unkey.Server.Hosting;

/// <summary>Opens the data directory: makes it for this user alone, refuses one that others can read, and keeps other servers out.</summary>
/// <remarks>One instance holds the lock until it is disposed or the process ends, however it ends.</remarks>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>Name of the database inside the directory.</summary>
    public const string DatabaseFileName = "unkey.db";

    private const string LockFileName = "unkey.lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode GroupMask = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode OthersMask = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream lockStream)
    {
        FullPath = path;
        _lock = lockStream;
    }

    /// <summary>The directory, absolute.</summary>
    public string FullPath { get; }

    /// <summary>Opens or makes the directory and takes its lock.</summary>
    /// <param name="path">The directory as given.</param>
    /// <returns>The open directory.</returns>
    /// <exception cref="StartupException">It cannot be used; the message says why.</exception>
    public static DataDirectory Open(string path)
    {
        string full = Path.GetFullPath(path);
        string shown = TextSafety.Escape(full);
        try
        {
            if (File.Exists(full))
            {
                throw new StartupException($"{shown} is a file; --data needs a directory");
            }

            if (!Directory.Exists(full))
            {
                Create(full);
            }
            else
            {
                CheckContents(full, shown);
                Restrict(full, shown);
            }

            return new DataDirectory(full, TakeLock(full, shown));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"the data directory {shown} cannot be read and written by this user", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"the data directory {shown} cannot be used: {Describe(e)}", e);
        }
    }

    /// <summary>Gives the directory back to other servers.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>An I/O failure in words; a full disk is named as such.</summary>
    /// <param name="e">The failure.</param>
    /// <returns>Part of a sentence.</returns>
    public static string Describe(IOException e)
    {
        const int ENOSPC = 28;
        const int ERROR_DISK_FULL = unchecked((int)0x80070070);
        return e.HResult is ENOSPC or ERROR_DISK_FULL ? "the disk is full" : TextSafety.Escape(e.Message);
    }

    private static void Create(string full)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(full);
        }
        else
        {
            Directory.CreateDirectory(full, OwnerOnly);
        }
    }

    // The directory is empty or holds this program's data. Anything else is refused: writing a database among the
    // files of another program, or changing the mode of its directory, is never what the operator wanted.
    private static void CheckContents(string full, string shown)
    {
        bool isEmpty = true;
        foreach (string entry in Directory.EnumerateFileSystemEntries(full))
        {
            string name = Path.GetFileName(entry);
            if (name is LockFileName or DatabaseFileName)
            {
                return;
            }

            // A fresh ext4 volume holds this directory.
            isEmpty &= name == "lost+found";
        }

        if (!isEmpty)
        {
            throw new StartupException($"the data directory {shown} holds files of something else and no {DatabaseFileName}; give an empty or a new directory");
        }
    }

    private static void Restrict(string full, string shown)
    {
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(full) & (GroupMask | OthersMask)) == 0)
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(full, OwnerOnly);
            return;
        }
        catch (UnauthorizedAccessException)
        {
            // Owned by somebody else, as a mounted volume may be; what matters is who else gets in, and that is decided below.
        }

        // A group may stay: volumes are commonly given to a container through one. The files themselves are 0600 in any case.
        UnixFileMode mode = File.GetUnixFileMode(full);
        if ((mode & OthersMask) != 0)
        {
            throw new StartupException($"the data directory {shown} is open to every user (mode {Convert.ToString((int)mode, 8)}); run: chmod 700 {shown}");
        }
    }

    private static FileStream TakeLock(string full, string shown)
    {
        string file = Path.Combine(full, LockFileName);
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(file, options);
        }
        catch (IOException e) when (IsLocked(e))
        {
            throw new StartupException($"the data directory {shown} is in use by another server", e);
        }
    }

    // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix, which answers EWOULDBLOCK, and a sharing violation on Windows.
    private static bool IsLocked(IOException e)
    {
        const int EWOULDBLOCK_LINUX = 11;
        const int EWOULDBLOCK_BSD = 35;
        const int ERROR_SHARING_VIOLATION = unchecked((int)0x80070020);
        return e.HResult is EWOULDBLOCK_LINUX or EWOULDBLOCK_BSD or ERROR_SHARING_VIOLATION;
    }
}
