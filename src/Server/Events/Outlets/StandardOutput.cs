using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Unkey.Server.Events.Outlets;

/// <summary>Lines to standard output. One thread, which may be held up for as long as nobody reads.</summary>
/// <remarks>
/// By <c>write</c> itself: the console stream of the framework says nothing about a reader that has gone, and a file stream keeps an offset of its own, so that
/// it would write over what other streams put into the same file.
/// </remarks>
internal sealed partial class StandardOutput : ILineTarget
{
    // Native spelling: errno-base.h, poll.h. The same values on Linux and macOS, but for EAGAIN.
    private const int STDOUT_FILENO = 1;
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int EAGAIN_MACOS = 35;
    private const short POLLOUT = 4;
    private const int PollMs = 1_000;

    private readonly Stream? _windows = OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : null;
    private bool _isTorn;

    /// <inheritdoc/>
    public string Description => "standard output";

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        if (_windows is not null)
        {
            _windows.Write(lines);
            return;
        }

        if (_isTorn)
        {
            WriteAll("\n"u8);
            _isTorn = false;
        }

        WriteAll(lines);
    }

    /// <inheritdoc/>
    public void Dispose() => _windows?.Dispose();

    private void WriteAll(ReadOnlySpan<byte> bytes)
    {
        // BOUND: each turn writes something, waits for the reader, or throws.
        while (!bytes.IsEmpty)
        {
            nint written = write(STDOUT_FILENO, bytes, (nuint)bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                _isTorn = bytes.IsEmpty ? _isTorn : written > 0 || _isTorn;
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is EAGAIN or EAGAIN_MACOS)
            {
                // Somebody made the pipe non-blocking for both ends.
                Poll poll = new() { Descriptor = STDOUT_FILENO, Wanted = POLLOUT };
                _ = StandardOutput.poll(ref poll, 1, PollMs);
            }
            else if (error != EINTR)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref Poll descriptors, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
