using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Unkey.Fuzz;

/// <summary>Changes inputs at random, as a fuzzer without coverage does. One thread; the same seed gives the same inputs.</summary>
internal sealed class Mutator
{
    private const int LengthMax = 16 * 1024;
    private const int EditsMax = 6;

    private static readonly byte[] s_bytes = [0, 1, 0x7F, 0x80, 0xFF, (byte)'\r', (byte)'\n', (byte)' ', (byte)'\t', (byte)'"', (byte)'\\', (byte)'0', (byte)':', (byte)',', (byte)';'];

    private readonly Random _random;
    private readonly byte[][] _seeds;
    private readonly byte[][] _words;

    /// <summary>Creates a mutator of a target's seeds and words.</summary>
    public Mutator(FuzzTarget target, Random random)
    {
        _random = random;
        _seeds = [.. target.Seeds()];
        _words = [.. target.Words.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        List<byte> input = [.. Seed()];
        for (int edits = _random.Next(1, EditsMax); edits > 0; edits--)
        {
            Edit(input);
        }

        if (input.Count > LengthMax)
        {
            input.RemoveRange(LengthMax, input.Count - LengthMax);
        }

        return [.. input];
    }

    private byte[] Seed() => _seeds[_random.Next(_seeds.Length)];

    private void Edit(List<byte> input)
    {
        int at = _random.Next(input.Count + 1);
        int length = Math.Min(input.Count - at, 1 << _random.Next(7));
        switch (_random.Next(_words.Length == 0 ? 7 : 9))
        {
            case 0 when length > 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when length > 0:
                input[at] = (byte)_random.Next(256);
                break;
            case 2:
                input.Insert(at, s_bytes[_random.Next(s_bytes.Length)]);
                break;
            case 3:
                input.RemoveRange(at, length);
                break;
            case 4:
                input.InsertRange(at, input.GetRange(_random.Next(at + 1), Math.Min(length, at / 2)) is var copied && copied.Count > 0 ? copied : [0]);
                break;
            case 5:
                byte[] other = Seed();
                int from = _random.Next(other.Length + 1);
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other[from..]);
                break;
            case 6 when length > 0:
                input[at] += (byte)_random.Next(-8, 9);
                break;
            case >= 7:
                input.InsertRange(at, _words[_random.Next(_words.Length)]);
                break;
            default:
                input.Insert(at, (byte)_random.Next(256));
                break;
        }
    }
}
