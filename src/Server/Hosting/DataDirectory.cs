using System;
using System.IO;
using System.Linq;

namespace Unkey.Server.Hosting;

/// <summary>Makes the data directory ready: created for this user alone, and refused when it is not this program's to use.</summary>
/// <remarks>The store locks it against a second server; this only decides whether the directory may be touched at all.</remarks>
internal static class DataDirectory
{
    // Everything that the store keeps begins so: the database, its write-ahead log, its lock.
    private const string OwnFilesPrefix = "unkey.";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode GroupMask = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode OthersMask = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes the directory when it is missing and checks it otherwise.</summary>
    /// <param name="path">The directory as given.</param>
    /// <returns>Its absolute path.</returns>
    /// <exception cref="StartupException">It cannot be used; the message says why.</exception>
    public static string Prepare(string path)
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
                RestrictFiles(full);
            }

            return full;
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

    private static string Describe(IOException e)
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
            if (name.StartsWith(OwnFilesPrefix, StringComparison.Ordinal))
            {
                return;
            }

            // A fresh ext4 volume holds this directory.
            isEmpty &= name == "lost+found";
        }

        if (!isEmpty)
        {
            throw new StartupException($"the data directory {shown} holds files of something else; give an empty or a new directory");
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

        // A group may stay: volumes are commonly given to a container through one. The files themselves are 0600 in any case, see below.
        UnixFileMode mode = File.GetUnixFileMode(full);
        if ((mode & OthersMask) != 0)
        {
            throw new StartupException($"the data directory {shown} is open to every user (mode {Convert.ToString((int)mode, 8)}); run: chmod 700 {shown}");
        }
    }

    // A backup that was put back, or a copy of another machine, comes with the modes of its way here.
    private static void RestrictFiles(string full)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (FileSystemInfo entry in new DirectoryInfo(full).EnumerateFileSystemInfos("unkey.*").Concat(new DirectoryInfo(full).EnumerateFileSystemInfos("events*")))
        {
            UnixFileMode mode = entry.UnixFileMode;
            if (entry.LinkTarget is not null || (mode & (GroupMask | OthersMask)) == 0)
            {
                continue;
            }

            try
            {
                entry.UnixFileMode = mode & ~(GroupMask | OthersMask);
            }
            catch (UnauthorizedAccessException)
            {
                string shown = TextSafety.Escape(entry.FullName);
                throw new StartupException($"{shown} can be read by others (mode {Convert.ToString((int)mode, 8)}) and belongs to another user; run: chmod go= {shown}");
            }
        }
    }
}
