using System;
using System.Collections.Generic;

namespace Unkey.Server.Commands;

/// <summary>Finds what was probably meant by a misspelled word. Any thread.</summary>
internal static class Spelling
{
    /// <summary>The candidate closest to a word, when one is close enough to be worth suggesting.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="candidates">What would have been right.</param>
    /// <returns>A candidate at most a third of its length away (at least 2 edits are forgiven), or <see langword="null"/>.</returns>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            int distance = Distance(word, candidate);
            if (distance < bestDistance && distance <= Math.Max(2, candidate.Length / 3))
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    // Levenshtein distance over two rows; the inputs are words of a command line, so the product of their lengths is small.
    private static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = previous[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
