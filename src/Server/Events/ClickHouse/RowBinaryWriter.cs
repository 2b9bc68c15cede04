using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>Writes rows in ClickHouse's RowBinary format. One thread.</summary>
/// <remarks>Source: https://clickhouse.com/docs/interfaces/formats/RowBinary. Numbers are little-endian; texts and arrays have their length before them, in LEB128.</remarks>
internal sealed class RowBinaryWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);

    /// <summary>What was written, until the next <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>Begins again.</summary>
    public void Clear() => _bytes.ResetWrittenCount();

    /// <summary>A <c>String</c> or <c>LowCardinality(String)</c>.</summary>
    public void Text(string value)
    {
        int count = Encoding.UTF8.GetByteCount(value);
        Length(count);
        Encoding.UTF8.GetBytes(value, _bytes.GetSpan(count));
        _bytes.Advance(count);
    }

    /// <summary>The same, of UTF-8.</summary>
    public void Text(ReadOnlySpan<byte> value)
    {
        Length(value.Length);
        value.CopyTo(_bytes.GetSpan(value.Length));
        _bytes.Advance(value.Length);
    }

    /// <summary>An <c>Int64</c> or <c>UInt64</c>.</summary>
    public void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
    }

    /// <summary>An <c>Int32</c>.</summary>
    public void Integer(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
    }

    /// <summary>A <c>Float64</c>.</summary>
    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
    }

    /// <summary>A <c>Bool</c>.</summary>
    public void Flag(bool value)
    {
        _bytes.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        _bytes.Advance(1);
    }

    /// <summary>What an array has before its elements: how many they are. Its elements follow, each as it is alone.</summary>
    public void Length(int value)
    {
        const int MoreBit = 0x80;
        uint rest = (uint)value;
        Span<byte> room = _bytes.GetSpan(5);
        int count = 0;
        while (rest >= MoreBit)
        {
            room[count++] = (byte)(rest | MoreBit);
            rest >>= 7;
        }

        room[count++] = (byte)rest;
        _bytes.Advance(count);
    }
}
