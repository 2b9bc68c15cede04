using System;
using System.IO;

namespace Unkey.Server.Storage;

/// <summary>Creates files that only their owner can read. Stateless, any thread.</summary>
internal static class PrivateFile
{
    private const int DefaultBufferBytes = 4096;

    /// <summary>Opens a file; one that is created gets mode 0600 where the system has modes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">How to open it.</param>
    /// <param name="access">What to do with it.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    /// <param name="allocatedBytes">Bytes of disk that a created file takes at once; 0 for none.</param>
    /// <param name="bufferBytes">Bytes that are gathered before they are written; 0 for none.</param>
    public static FileStream Open(
        string path, FileMode mode, FileAccess access, FileShare share, long allocatedBytes = 0, int bufferBytes = DefaultBufferBytes)
    {
        FileStreamOptions options = new() { Mode = mode, Access = access, Share = share, PreallocationSize = allocatedBytes, BufferSize = bufferBytes };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
