using System;
using System.IO;

namespace Unkey.Server.Storage;

/// <summary>Creates files that only their owner can read. Stateless, any thread.</summary>
internal static class PrivateFile
{
    /// <summary>Opens a file; one that is created gets mode 0600 where the system has modes.</summary>
    public static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        FileStreamOptions options = new() { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
