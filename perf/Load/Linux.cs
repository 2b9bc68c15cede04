using System.Runtime.InteropServices;

namespace Unkey.Load;

/// <summary>The handful of libc calls the generator makes. Native spelling; calls that cannot block skip the GC transition.</summary>
/// <remarks>Linux only, 64-bit. The error number is read through <see cref="Errno"/> directly after a call that failed.</remarks>
internal static unsafe partial class Linux
{
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLOUT = 4;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_MOD = 3;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int PR_SET_TIMERSLACK = 29;
    internal const int SIGTERM = 15;

    private const string LibC = "libc";

    /// <summary>The error number of the last failed call on this thread.</summary>
    internal static int Errno => *__errno_location();

    [LibraryImport(LibC)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(LibC)]
    internal static partial int connect(int fd, byte* address, uint length);

    [LibraryImport(LibC)]
    internal static partial int close(int fd);

    [LibraryImport(LibC)]
    internal static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(LibC)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(LibC)]
    [SuppressGCTransition]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, byte* record);

    [LibraryImport(LibC)]
    internal static partial int epoll_pwait2(int epoll, byte* records, int count, TimeSpec* timeout, void* mask);

    [LibraryImport(LibC, EntryPoint = "epoll_wait")]
    [SuppressGCTransition]
    internal static partial int epoll_poll(int epoll, byte* records, int count, int zero);

    [LibraryImport(LibC)]
    [SuppressGCTransition]
    internal static partial nint recv(int fd, byte* buffer, nint length, int flags);

    [LibraryImport(LibC)]
    [SuppressGCTransition]
    internal static partial nint send(int fd, byte* buffer, nint length, int flags);

    [LibraryImport(LibC)]
    internal static partial int prctl(int option, ulong a, ulong b, ulong c, ulong d);

    [LibraryImport(LibC)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport(LibC)]
    [SuppressGCTransition]
    private static partial int* __errno_location();

    /// <summary>A <c>struct timespec</c> on 64-bit Linux.</summary>
    internal struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
