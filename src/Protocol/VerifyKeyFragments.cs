using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Protocol;

/// <summary>Encodes the parts of a verifyKey answer that only change when a key or an identity changes. Cold: allocates and throws
/// on a caller's mistake. Any thread.</summary>
/// <remarks>What is empty is left out, as the contract says for each of these fields.</remarks>
public static class VerifyKeyFragments
{
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
        var json = new FragmentBuilder();
        json.String("\"keyId\":", keyId).Raw(enabled ? ",\"enabled\":true" : ",\"enabled\":false");
        if (!string.IsNullOrEmpty(name))
        {
            json.String(",\"name\":", name);
        }

        json.Meta(meta);
        if (expiresUnixMs is long expires)
        {
            json.Number(",\"expires\":", expires);
        }

        json.Strings(",\"permissions\":", permissions).Strings(",\"roles\":", roles);
        return json.ToArray();
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
        return new FragmentBuilder().String("\"id\":", id).String(",\"externalId\":", externalId).Meta(meta).ToArray();
    }

    /// <summary>Encodes the definition of a limit, as the identity lists it.</summary>
    /// <param name="id">The id of the limit.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="durationMs">Duration in milliseconds.</param>
    /// <param name="autoApply">Whether it is checked without being asked for.</param>
    /// <returns>A whole object: <c>{"id":..,"name":..,"limit":..,"duration":..,"autoApply":..}</c>.</returns>
    public static byte[] LimitDefinition(string id, string name, long limit, long durationMs, bool autoApply) =>
        Limit(id, name, limit, durationMs).Raw(autoApply ? "true}" : "false}").ToArray();

    /// <summary>Encodes the constant part of an evaluated limit, for <see cref="VerifyKeyJson.WriteLimit"/>.</summary>
    /// <param name="id">The id of the limit.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Tokens per duration.</param>
    /// <param name="durationMs">Duration in milliseconds.</param>
    /// <param name="autoApply">Whether it is checked without being asked for.</param>
    /// <returns>The start of an object: <c>{"id":"..","name":"..","limit":N,"duration":N,"autoApply":b,</c>.</returns>
    public static byte[] EvaluatedLimit(string id, string name, long limit, long durationMs, bool autoApply) =>
        Limit(id, name, limit, durationMs).Raw(autoApply ? "true," : "false,").ToArray();

    private static FragmentBuilder Limit(string id, string name, long limit, long durationMs)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(name);
        return new FragmentBuilder()
            .String("{\"id\":", id)
            .String(",\"name\":", name)
            .Number(",\"limit\":", limit)
            .Number(",\"duration\":", durationMs)
            .Raw(",\"autoApply\":");
    }

    /// <summary>Text that grows; a lone surrogate in a string becomes U+FFFD, so that the bytes are always valid UTF-8.</summary>
    private sealed class FragmentBuilder
    {
        private byte[] _bytes = new byte[256];
        private int _length;

        public byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

        public FragmentBuilder Raw(string ascii) => Append(Encoding.ASCII.GetBytes(ascii));

        public FragmentBuilder Number(string label, long value)
        {
            Raw(label);
            Reserve(20);
            _ = Ascii.TryWrite(_bytes.AsSpan(_length), value, out int written);
            _length += written;
            return this;
        }

        public FragmentBuilder String(string label, string value)
        {
            Raw(label);
            byte[] utf8 = Encoding.UTF8.GetBytes(value);

            // A byte takes six at most when it is escaped.
            Reserve((utf8.Length * 6) + 2);
            var writer = new ResponseWriter(_bytes.AsSpan(_length));
            writer.WriteJsonString(utf8);
            _length += writer.Written;
            return this;
        }

        public FragmentBuilder Strings(string label, IReadOnlyList<string> values)
        {
            for (int i = 0; i < values.Count; i++)
            {
                String(i == 0 ? label + "[" : ",", values[i]);
            }

            return values.Count == 0 ? this : Raw("]");
        }

        public FragmentBuilder Meta(ReadOnlySpan<byte> meta)
        {
            if (meta.IsEmpty)
            {
                return this;
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

            return isEmpty ? this : Raw(",\"meta\":").Append(meta);
        }

        private FragmentBuilder Append(ReadOnlySpan<byte> bytes)
        {
            Reserve(bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
            return this;
        }

        private void Reserve(int count)
        {
            if (_bytes.Length - _length < count)
            {
                Array.Resize(ref _bytes, Math.Max(_length + count, _bytes.Length * 2));
            }
        }
    }
}
