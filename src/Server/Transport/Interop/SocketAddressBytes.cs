using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Unkey.Server.Transport.Interop;

/// <summary>Linux <c>sockaddr_in</c> (16 bytes) and <c>sockaddr_in6</c> (28 bytes): family in host order, port and address in network order.</summary>
internal static class SocketAddressBytes
{
    /// <summary>Bytes of the longer of the two.</summary>
    internal const int SizeMax = 28;

    private const int SizeV4 = 16;

    /// <summary>Writes <paramref name="endPoint"/>; returns the bytes used.</summary>
    internal static int Write(IPEndPoint endPoint, Span<byte> destination)
    {
        destination[..SizeMax].Clear();
        bool isV4 = endPoint.AddressFamily == AddressFamily.InterNetwork;
        short family = isV4 ? (short)Linux.AF_INET : (short)Linux.AF_INET6;
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.WriteInt16LittleEndian(destination, family);
        }
        else
        {
            BinaryPrimitives.WriteInt16BigEndian(destination, family);
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)endPoint.Port);
        endPoint.Address.TryWriteBytes(destination[(isV4 ? 4 : 8)..], out _);
        if (!isV4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], (uint)endPoint.Address.ScopeId);
        }

        return isV4 ? SizeV4 : SizeMax;
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

    /// <summary>Reads the port.</summary>
    internal static int ToPort(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
}
