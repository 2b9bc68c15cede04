namespace Unkey.Server.Transport;

/// <summary>A listening descriptor of an epoll reactor.</summary>
/// <param name="Descriptor">The descriptor; -1 once it is closed.</param>
/// <param name="IsAdmin">Whether it is the admin listener's.</param>
/// <param name="IsUnix">Whether it is a Unix socket: the only one of its address, so its owner deals the connections out.</param>
internal readonly record struct ListeningSocket(int Descriptor, bool IsAdmin, bool IsUnix);
