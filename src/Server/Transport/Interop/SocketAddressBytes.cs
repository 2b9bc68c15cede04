using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Unkey.Server.Transport.Interop;

/// <summary>Linux <c>sockaddr_in</c> (16 bytes) and <c>sockaddr_in6</c> (28 bytes): family in host order, port and address in network order; and
/// <c>sockaddr_un</c>: family and path.</summary>
internal static class SocketAddressBytes
{
    /// <summary>Bytes of the longer of the two.</summary>
    internal const int SizeMax = 28;

    /// <summary>Bytes of a <c>sockaddr_un</c> with the longest path.</summary>
    internal const int UnixSizeMax = sizeof(short) + 108;

    private const int SizeV4 = 16;

    /// <summary>Writes <paramref name="endPoint"/>; returns the bytes used.</summary>
    internal static int Write(IPEndPoint endPoint, Span<byte> destination)
    {
        destination[..SizeMax].Clear();
        bool isV4 = endPoint.AddressFamily == AddressFamily.InterNetwork;
        WriteFamily(isV4 ? Linux.AF_INET : Linux.AF_INET6, destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)endPoint.Port);
        endPoint.Address.TryWriteBytes(destination[(isV4 ? 4 : 8)..], out _);
        if (!isV4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], (uint)endPoint.Address.ScopeId);
        }

        return isV4 ? SizeV4 : SizeMax;
    }

    /// <summary>Writes the address of a Unix socket; returns the bytes used.</summary>
    /// <param name="endPoint">A path, or an abstract name.</param>
    /// <param name="destination">At least <see cref="UnixSizeMax"/> bytes.</param>
    internal static int Write(UnixDomainSocketEndPoint endPoint, Span<byte> destination)
    {
        destination[..UnixSizeMax].Clear();
        WriteFamily(Linux.AF_UNIX, destination);

        // Its text shows the zero byte in front of an abstract name as '@'. A name ends with the address, a path with a zero.
        string text = endPoint.ToString();
        bool isAbstract = text[0] == '@';
        int length = Encoding.UTF8.GetBytes(text, destination[sizeof(short)..(UnixSizeMax - 1)]);
        destination[sizeof(short)] = isAbstract ? (byte)0 : destination[sizeof(short)];
        return sizeof(short) + length + (isAbstract ? 0 : 1);
    }

    /// <summary>Reads the address; an IPv4 address mapped into IPv6 is given as IPv4. Unknown families give null.</summary>
    internal static IPAddress? ToAddress(ReadOnlySpan<byte> source)
    {
        if (source.Length >= SizeMax)
        {
            var address = new IPAddress(source.Slice(8, 16));
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        return source.Length >= SizeV4 ? new IPAddress(source.Slice(4, 4)) : null;
    }

    private static void WriteFamily(int family, Span<byte> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.WriteInt16LittleEndian(destination, (short)family);
        }
        else
        {
            BinaryPrimitives.WriteInt16BigEndian(destination, (short)family);
        }
    }

    /// <summary>Reads the port.</summary>
    internal static int ToPort(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
}
