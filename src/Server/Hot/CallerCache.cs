using System;
using System.Runtime.CompilerServices;
using Unkey.Engine.Keys;
using Unkey.Protocol;

namespace Unkey.Server.Hot;

/// <summary>The caller that a connection last proved to be: the Authorization value it sent and the record it led to.</summary>
/// <remarks>
/// One reactor thread. A later request pays a fixed-time compare of the value instead of a hash and a lookup. Credentials
/// belong to a request: the whole value is compared each time, and the record counts only while no key has changed
/// since (<c>KeyTable.Version</c>), which also proves that its memory has not been freed.
/// </remarks>
internal struct CallerCache
{
    /// <summary>Longer values are looked up each time.</summary>
    internal const int ValueBytesMax = 192;

    private ValueBytes _value;
    private int _length;
    private long _version;
    private KeyRecord _record;

    /// <summary>The minute in which the use of the remembered caller was last noted, since 1970.</summary>
    internal long NotedMinute { get; set; }

    /// <summary>Whether <paramref name="authorization"/> is the remembered value and its record is still current.</summary>
    [HotPath]
    internal readonly bool TryGet(ReadOnlySpan<byte> authorization, long version, out KeyRecord record)
    {
        record = _record;
        return _length == authorization.Length
            && _length > 0
            && _version == version
            && FixedTime.Equals(((ReadOnlySpan<byte>)_value)[.._length], authorization);
    }

    /// <summary>Remembers that <paramref name="authorization"/> led to <paramref name="record"/>, which was found at this version.</summary>
    [HotPath]
    internal void Set(ReadOnlySpan<byte> authorization, long version, KeyRecord record)
    {
        if (authorization.Length > ValueBytesMax)
        {
            _length = 0;
            return;
        }

        authorization.CopyTo(_value);
        _length = authorization.Length;
        _version = version;
        _record = record;
        NotedMinute = 0;
    }

    [InlineArray(ValueBytesMax)]
    private struct ValueBytes
    {
#pragma warning disable IDE0044, IDE0051 // The element of an inline array is accessed through the span only.
        private byte _element;
#pragma warning restore IDE0044, IDE0051
    }
}
