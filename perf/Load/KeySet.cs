using System;
using System.IO;

namespace Unkey.Load;

/// <summary>Up to millions of plaintext keys, one a line in a file, held in one array and picked by index.</summary>
internal sealed class KeySet
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private KeySet(byte[] bytes, int[] starts, int longest)
    {
        _bytes = bytes;
        _starts = starts;
        LongestBytes = longest;
    }

    /// <summary>How many keys there are; at least one.</summary>
    internal int Count => _starts.Length - 1;

    internal int LongestBytes { get; }

    internal ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_starts[index], _starts[index + 1] - _starts[index] - 1);

    internal static KeySet Load(string path, int countMax)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length > 0 && bytes[^1] != '\n')
        {
            bytes = [.. bytes, (byte)'\n'];
        }

        int lines = Math.Min(bytes.AsSpan().Count((byte)'\n'), countMax);
        if (lines == 0)
        {
            throw new FormatException($"{path}: no keys");
        }

        int[] starts = new int[lines + 1];
        int longest = 0;
        for (int i = 0; i < lines; i++)
        {
            int length = bytes.AsSpan(starts[i]).IndexOf((byte)'\n');
            if (length is 0 or > 512)
            {
                throw new FormatException($"{path}:{i + 1}: a key has 1 to 512 bytes");
            }

            longest = Math.Max(longest, length);
            starts[i + 1] = starts[i] + length + 1;
        }

        return new KeySet(bytes, starts, longest);
    }
}
