using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Unicode;

namespace Unkey.Protocol;

/// <summary>Encodes the parts of a verifyKey answer that only change when a key or an identity changes. Cold: allocates and throws
/// on a caller's mistake. Any thread.</summary>
/// <remarks>What is empty is left out, as the contract says for each of these fields.</remarks>
public static class VerifyKeyFragments
{
    private const int StackBytes = 512;

    // What PlainKey writes beside the texts: names, punctuation and the digits of a time.
    private const int PlainBytes = 96;
    private const int PlainKeyIdOffset = 9;

    // What ids are made of; each stands in JSON for itself.
    private static readonly SearchValues<byte> s_unescaped = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"u8);

    /// <summary>Encodes what every answer about a key says of it.</summary>
    /// <param name="keyId">The id of the key.</param>
    /// <param name="enabled">Whether it is enabled.</param>
    /// <param name="name">Its name, or null or empty for none.</param>
    /// <param name="meta">Its meta as a JSON object in UTF-8; empty or <c>{}</c> for none.</param>
    /// <param name="expiresUnixMs">When it expires, unix milliseconds; null for never.</param>
    /// <param name="permissions">The slugs of its permissions, direct and by roles.</param>
    /// <param name="roles">The names of its roles.</param>
    /// <returns>Members of an object without its braces:
    /// <c>"keyId":"..","enabled":true[,"name":..][,"meta":..][,"expires":..][,"permissions":[..]][,"roles":[..]]</c>.</returns>
    /// <exception cref="ArgumentException"><paramref name="meta"/> is no valid JSON object.</exception>
    public static byte[] Key(
        string keyId,
        bool enabled,
        string? name,
        ReadOnlySpan<byte> meta,
        long? expiresUnixMs,
        IReadOnlyList<string> permissions,
        IReadOnlyList<string> roles)
    {
        ArgumentException.ThrowIfNullOrEmpty(keyId);
        ArgumentNullException.ThrowIfNull(permissions);
        ArgumentNullException.ThrowIfNull(roles);
        var json = new FragmentBuilder(stackalloc byte[StackBytes]);
        json.String("\"keyId\":"u8, keyId);
        json.Raw(enabled ? ",\"enabled\":true"u8 : ",\"enabled\":false"u8);
        if (!string.IsNullOrEmpty(name))
        {
            json.String(",\"name\":"u8, name);
        }

        json.Meta(meta);
        if (expiresUnixMs is long expires)
        {
            json.Number(",\"expires\":"u8, expires);
        }

        json.Strings(",\"permissions\":"u8, permissions);
        json.Strings(",\"roles\":"u8, roles);
        return json.ToArray();
    }

    /// <summary>As <see cref="Key"/>, of a key without meta, permissions and roles and from UTF-8, for loads of millions of them. Allocates nothing.</summary>
    /// <param name="keyId">The id of the key.</param>
    /// <param name="enabled">Whether it is enabled.</param>
    /// <param name="name">Its name, or empty for none.</param>
    /// <param name="expiresUnixMs">When it expires, unix milliseconds; null for never.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="keyIdOffset">Where the id begins in what was written.</param>
    /// <returns>Bytes written; 0 when this way does not serve: the room does not suffice, a text is no UTF-8, or the id has to be escaped.</returns>
    public static int PlainKey(
        ReadOnlySpan<byte> keyId, bool enabled, ReadOnlySpan<byte> name, long? expiresUnixMs, Span<byte> destination, out int keyIdOffset)
    {
        keyIdOffset = PlainKeyIdOffset;
        if (destination.Length < PlainBytes + keyId.Length + (name.Length * FragmentBuilder.EscapedBytesMax)
            || keyId.IsEmpty || keyId.ContainsAnyExcept(s_unescaped) || !Utf8.IsValid(name))
        {
            return 0;
        }

        var writer = new ResponseWriter(destination);
        writer.Write("\"keyId\":\""u8);
        writer.Write(keyId);
        writer.Write(enabled ? "\",\"enabled\":true"u8 : "\",\"enabled\":false"u8);
        if (!name.IsEmpty)
        {
            writer.Write(",\"name\":"u8);
            writer.WriteJsonString(name);
        }

        if (expiresUnixMs is long expires)
        {
            writer.Write(",\"expires\":"u8);
            writer.WriteInt64(expires);
        }

        return writer.Written;
    }

    /// <summary>Encodes what every answer says of the identity of a key.</summary>
    /// <param name="id">The id of the identity.</param>
    /// <param name="externalId">The id that the customer gave it.</param>
    /// <param name="meta">Its meta as a JSON object in UTF-8; empty or <c>{}</c> for none.</param>
    /// <returns>Members of an object without its braces: <c>"id":"..","externalId":".."[,"meta":{..}]</c>.</returns>
    /// <exception cref="ArgumentException"><paramref name="meta"/> is no valid JSON object.</exception>
    public static byte[] Identity(string id, string externalId, ReadOnlySpan<byte> meta)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(externalId);
        var json = new FragmentBuilder(stackalloc byte[StackBytes]);
        json.String("\"id\":"u8, id);
        json.String(",\"externalId\":"u8, externalId);
        json.Meta(meta);
        return json.ToArray();
    }

    /// <summary>Encodes what only the answer of v1 says of a key.</summary>
    /// <param name="environment">The environment the key is for, or null or empty for none.</param>
    /// <returns>Members that follow others, <c>,"environment":".."</c>, or nothing.</returns>
    public static byte[] Legacy(string? environment)
    {
        if (string.IsNullOrEmpty(environment))
        {
            return [];
        }

        var json = new FragmentBuilder(stackalloc byte[StackBytes]);
        json.String(",\"environment\":"u8, environment);
        return json.ToArray();
    }

    /// <summary>Encodes the definition of a limit, as the identity lists it.</summary>
    /// <param name="id">The id of the limit.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="durationMs">Duration in milliseconds.</param>
    /// <param name="autoApply">Whether it is checked without being asked for.</param>
    /// <returns>A whole object: <c>{"id":..,"name":..,"limit":..,"duration":..,"autoApply":..}</c>.</returns>
    public static byte[] LimitDefinition(string id, string name, long limit, long durationMs, bool autoApply) =>
        Limit(id, name, limit, durationMs, autoApply ? "true}"u8 : "false}"u8);

    /// <summary>Encodes the constant part of an evaluated limit, for <see cref="VerifyKeyJson.WriteLimit"/>.</summary>
    /// <param name="id">The id of the limit.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="durationMs">Duration in milliseconds.</param>
    /// <param name="autoApply">Whether it is checked without being asked for.</param>
    /// <returns>The start of an object: <c>{"id":"..","name":"..","limit":N,"duration":N,"autoApply":b,</c>.</returns>
    public static byte[] EvaluatedLimit(string id, string name, long limit, long durationMs, bool autoApply) =>
        Limit(id, name, limit, durationMs, autoApply ? "true,"u8 : "false,"u8);

    private static byte[] Limit(string id, string name, long limit, long durationMs, ReadOnlySpan<byte> end)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(name);
        var json = new FragmentBuilder(stackalloc byte[StackBytes]);
        json.String("{\"id\":"u8, id);
        json.String(",\"name\":"u8, name);
        json.Number(",\"limit\":"u8, limit);
        json.Number(",\"duration\":"u8, durationMs);
        json.Raw(",\"autoApply\":"u8);
        json.Raw(end);
        return json.ToArray();
    }

    /// <summary>Text that grows; a lone surrogate in a string becomes U+FFFD, so that the bytes are always valid UTF-8.</summary>
    /// <remarks>Starts in the caller's stack: a load of a million keys makes millions of these.</remarks>
    private ref struct FragmentBuilder(Span<byte> start)
    {
        public const int EscapedBytesMax = 6;

        private Span<byte> _bytes = start;
        private int _length;

        public readonly byte[] ToArray() => _bytes[.._length].ToArray();

        public void Raw(ReadOnlySpan<byte> bytes)
        {
            Reserve(bytes.Length);
            bytes.CopyTo(_bytes[_length..]);
            _length += bytes.Length;
        }

        public void Number(ReadOnlySpan<byte> label, long value)
        {
            Raw(label);
            Reserve(20);
            _ = Ascii.TryWrite(_bytes[_length..], value, out int written);
            _length += written;
        }

        public void String(ReadOnlySpan<byte> label, string value)
        {
            Raw(label);
            int utf8Max = Encoding.UTF8.GetMaxByteCount(value.Length);
            byte[]? rented = null;
            Span<byte> utf8 = utf8Max <= StackBytes ? stackalloc byte[StackBytes] : rented = ArrayPool<byte>.Shared.Rent(utf8Max);
            utf8 = utf8[..Encoding.UTF8.GetBytes(value, utf8)];
            Reserve((utf8.Length * EscapedBytesMax) + 2);
            var writer = new ResponseWriter(_bytes[_length..]);
            writer.WriteJsonString(utf8);
            _length += writer.Written;
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        public void Strings(ReadOnlySpan<byte> label, IReadOnlyList<string> values)
        {
            if (values.Count == 0)
            {
                return;
            }

            Raw(label);
            for (int i = 0; i < values.Count; i++)
            {
                String(i == 0 ? "["u8 : ","u8, values[i]);
            }

            Raw("]"u8);
        }

        public void Meta(ReadOnlySpan<byte> meta)
        {
            if (meta.IsEmpty)
            {
                return;
            }

            // Checked here, because one bad fragment would break every answer about the key.
            var scanner = new JsonScanner(meta);
            if (scanner.Read() != JsonToken.ObjectStart)
            {
                throw new ArgumentException("Meta must be a JSON object.", nameof(meta));
            }

            bool isEmpty = scanner.Read() is var token && token == JsonToken.ObjectEnd;
            while (token is not (JsonToken.End or JsonToken.Invalid))
            {
                token = scanner.Read();
            }

            if (token == JsonToken.Invalid)
            {
                throw new ArgumentException("Meta must be valid JSON.", nameof(meta));
            }

            if (!isEmpty)
            {
                Raw(",\"meta\":"u8);
                Raw(meta);
            }
        }

        private void Reserve(int count)
        {
            if (_bytes.Length - _length < count)
            {
                byte[] larger = new byte[Math.Max(_length + count, _bytes.Length * 2)];
                _bytes[.._length].CopyTo(larger);
                _bytes = larger;
            }
        }
    }
}
