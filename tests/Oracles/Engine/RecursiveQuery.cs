using System;
using System.Collections.Generic;

namespace Unkey.Tests.Oracles;

/// <summary>The grammar written down as recursion over a list of tokens: the slow reference.</summary>
internal static class RecursiveQuery
{
    /// <summary>The value of a query, or null when it does not parse.</summary>
    internal static bool? Evaluate(string query, IReadOnlySet<string> slugs)
    {
        List<string>? tokens = Split(query);
        if (tokens is null)
        {
            return null;
        }

        int next = 0;
        bool? value = Or(tokens, ref next, slugs);
        return next == tokens.Count ? value : null;
    }

    private static bool? Or(List<string> tokens, ref int next, IReadOnlySet<string> slugs)
    {
        bool? value = And(tokens, ref next, slugs);
        while (value is not null && IsWord(tokens, next, "OR"))
        {
            next++;
            value = And(tokens, ref next, slugs) is bool right ? value.Value || right : null;
        }

        return value;
    }

    private static bool? And(List<string> tokens, ref int next, IReadOnlySet<string> slugs)
    {
        bool? value = Primary(tokens, ref next, slugs);
        while (value is not null && IsWord(tokens, next, "AND"))
        {
            next++;
            value = Primary(tokens, ref next, slugs) is bool right ? value.Value && right : null;
        }

        return value;
    }

    private static bool? Primary(List<string> tokens, ref int next, IReadOnlySet<string> slugs)
    {
        if (next == tokens.Count || tokens[next] == ")" || IsWord(tokens, next, "AND") || IsWord(tokens, next, "OR"))
        {
            return null;
        }

        if (tokens[next] != "(")
        {
            return slugs.Contains(tokens[next++]);
        }

        next++;
        bool? value = Or(tokens, ref next, slugs);
        if (value is null || next == tokens.Count || tokens[next] != ")")
        {
            return null;
        }

        next++;
        return value;
    }

    private static bool IsWord(List<string> tokens, int next, string word) =>
        next < tokens.Count && tokens[next].Equals(word, StringComparison.OrdinalIgnoreCase);

    private static List<string>? Split(string query)
    {
        List<string> tokens = [];
        string word = "";
        foreach (char c in query + " ")
        {
            if (char.IsAsciiLetterOrDigit(c) || "_.-:*/".Contains(c))
            {
                word += c;
                continue;
            }

            if (word.Length > 0)
            {
                tokens.Add(word);
                word = "";
            }

            if (c is '(' or ')')
            {
                tokens.Add(c.ToString());
            }
            else if (c is not (' ' or '\t' or '\n' or '\r'))
            {
                return null;
            }
        }

        return tokens;
    }
}
