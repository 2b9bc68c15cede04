using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Unkey.Server.Hosting;

/// <summary>Reads and shows the addresses of listeners: <c>host:port</c> or <c>unix:/path</c>. Any thread.</summary>
internal static class ListenAddress
{
    /// <summary>What the address of a Unix socket begins with.</summary>
    public const string UnixPrefix = "unix:";

    /// <summary>Most addresses of the API.</summary>
    public const int CountMax = 16;

    /// <summary>Most bytes of the path of a Unix socket: what <c>sockaddr_un</c> of Linux holds besides the zero behind it.</summary>
    public const int PathBytesMax = 107;

    /// <summary>Reads one address.</summary>
    /// <param name="text">As <see cref="SettingText.EndPoint"/> takes it, or <c>unix:</c> and a path, or <c>unix:@</c> and an abstract name (Linux).</param>
    /// <param name="value">An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/> on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? Read(string text, out EndPoint value)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            string? unusable = ReadUnix(text[UnixPrefix.Length..], out UnixDomainSocketEndPoint? socket);
            value = (EndPoint?)socket ?? new IPEndPoint(IPAddress.Any, 0);
            return unusable;
        }

        string? problem = SettingText.EndPoint(text, out IPEndPoint address);
        value = address;
        return problem == SettingText.NoEndPoint ? problem + ", nor a Unix socket such as unix:/run/unkey/api.sock" : problem;
    }

    /// <summary>Reads addresses with commas between them.</summary>
    /// <param name="text">The text; blanks around the commas are allowed.</param>
    /// <param name="value">1 to <see cref="CountMax"/> different addresses on success.</param>
    /// <returns>The problem, or <see langword="null"/>.</returns>
    public static string? ReadList(string text, out IReadOnlyList<EndPoint> value)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        List<EndPoint> addresses = [];
        value = addresses;
        foreach (string part in parts)
        {
            if (Read(part, out EndPoint address) is { } problem)
            {
                return parts.Length == 1 ? problem : $"contains '{TextSafety.Escape(part)}', which {problem}";
            }

            if (addresses.Exists(other => IsSame(other, address)))
            {
                return $"names {Show(address)} twice";
            }

            addresses.Add(address);
        }

        return addresses.Count > CountMax ? $"names {addresses.Count} addresses; at most {CountMax} are possible" : null;
    }

    /// <summary>An address as an operator would write it.</summary>
    /// <param name="address">The address.</param>
    /// <returns>For example <c>127.0.0.1:8080</c>, <c>unix:/run/unkey/api.sock</c> or <c>unix:@unkey</c>.</returns>
    public static string Show(EndPoint address) => address is UnixDomainSocketEndPoint ? UnixPrefix + address : address.ToString()!;

    /// <summary>Addresses as an operator would write them.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <returns>With commas between them.</returns>
    public static string Show(IEnumerable<EndPoint> addresses) => string.Join(',', addresses.Select(Show));

    /// <summary>Whether only clients of this machine can reach an address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>True for loopback addresses and Unix sockets.</returns>
    public static bool IsLocal(EndPoint address) => address is not IPEndPoint ip || IPAddress.IsLoopback(ip.Address);

    /// <summary>The address at which a client of this machine reaches a listener.</summary>
    /// <param name="listener">Where the server listens.</param>
    /// <returns>The same, but loopback where it listens on every address.</returns>
    public static EndPoint Reachable(EndPoint listener) => listener is not IPEndPoint ip ? listener : new IPEndPoint(
        ip.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : ip.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : ip.Address,
        ip.Port);

    /// <summary>Whether two listeners would be in each other's way.</summary>
    /// <param name="a">An address.</param>
    /// <param name="b">Another one.</param>
    /// <returns>False for different ports, hosts or paths, and when the system chooses the port.</returns>
    public static bool Collide(EndPoint a, EndPoint b) => (a, b) switch
    {
        (IPEndPoint first, IPEndPoint second) => first.Port != 0 && first.Port == second.Port
            && (first.Address.Equals(second.Address) || IsAny(first.Address) || IsAny(second.Address)),
        _ => IsSame(a, b),
    };

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool IsSame(EndPoint a, EndPoint b) => a is not IPEndPoint { Port: 0 } && Show(a) == Show(b);

    private static string? ReadUnix(string path, out UnixDomainSocketEndPoint? value)
    {
        value = null;
        bool isAbstract = path.StartsWith('@');
        if (path.Length == 0 || path == "@" || path.Contains('\0') || (!isAbstract && path.EndsWith('/')))
        {
            return "names no Unix socket; give a path such as unix:/run/unkey/api.sock";
        }

        if (isAbstract && !OperatingSystem.IsLinux())
        {
            return "is an abstract name, which needs Linux; give a path";
        }

        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > PathBytesMax)
        {
            return $"has a path of {bytes} bytes; a Unix socket takes at most {PathBytesMax}";
        }

        try
        {
            value = new UnixDomainSocketEndPoint(isAbstract ? '\0' + path[1..] : path);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or PlatformNotSupportedException)
        {
            // Some systems take fewer bytes, and some no Unix sockets at all.
            return "is no Unix socket that this system takes: " + TextSafety.Escape(e.Message);
        }
    }
}
