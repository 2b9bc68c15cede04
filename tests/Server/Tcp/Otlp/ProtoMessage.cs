using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Unkey.Server.Tests.Tcp.Otlp;

/// <summary>A message in the protobuf wire format, read without knowing its schema: fields by number.</summary>
/// <remarks>Source: protobuf.dev, "Encoding". Only what OTLP uses: no groups.</remarks>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, long Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public ProtoMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong key = Varint(ref bytes);
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((number, (long)Varint(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    _fields.Add((number, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has wire type {key & 7}.");
            }
        }
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    /// <summary>A number, or the bits of a fraction; 0 when absent.</summary>
    public long Number(int number) => _fields.FirstOrDefault(field => field.Number == number).Value;

    public double Double(int number) => BitConverter.Int64BitsToDouble(Number(number));

    public string Text(int number) => Encoding.UTF8.GetString(_fields.FirstOrDefault(field => field.Number == number).Bytes.Span);

    /// <summary>Bytes in hexadecimal; empty when absent.</summary>
    public string Hex(int number) => Convert.ToHexStringLower(_fields.FirstOrDefault(field => field.Number == number).Bytes.Span);

    public ProtoMessage? Message(int number) => Has(number) ? Messages(number).First() : null;

    public IEnumerable<ProtoMessage> Messages(int number) => _fields.Where(field => field.Number == number).Select(static field => new ProtoMessage(field.Bytes));

    /// <summary>A list of OTLP's KeyValue, of which the values that are texts or whole numbers are shown.</summary>
    public Dictionary<string, string> Attributes(int number) => Messages(number).ToDictionary(
        static pair => pair.Text(1), static pair => pair.Message(2) is not { } value ? "" : value.Has(1) ? value.Text(1) : value.Number(3).ToString());

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = bytes.Span[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A number has more than 64 bits.");
    }
}
