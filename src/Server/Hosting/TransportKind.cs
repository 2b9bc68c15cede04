namespace Unkey.Server.Hosting;

/// <summary>Which implementation carries the connections (<c>--transport</c>).</summary>
public enum TransportKind
{
    /// <summary>Epoll on Linux, portable elsewhere.</summary>
    Auto = 0,

    /// <summary>One epoll reactor a core over raw sockets. Linux only.</summary>
    Epoll = 1,

    /// <summary>The same connection code over <c>System.Net.Sockets</c>. Any operating system.</summary>
    Portable = 2,
}
