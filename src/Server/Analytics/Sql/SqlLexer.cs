using System;
using System.Collections.Generic;
using System.Text;

namespace Unkey.Server.Analytics.Sql;

/// <summary>Cuts a query into tokens, with the quoting and the escapes of ClickHouse. Stateless.</summary>
internal static class SqlLexer
{
    private static readonly string[] s_symbols =
    [
        "<=", ">=", "<>", "!=", "==", "||", "->", "::", "(", ")", "[", "]", ",", ".", ";", "+", "-", "*", "/", "%", "=", "<", ">",
    ];

    /// <summary>All tokens, the end included.</summary>
    /// <exception cref="AnalyticsException">Some character begins no token, or a quote has no end.</exception>
    public static List<SqlToken> Read(string text)
    {
        List<SqlToken> tokens = [];
        int i = 0;

        // BOUND: every turn takes a character.
        while (true)
        {
            i = SkipBlanks(text, i);
            if (i == text.Length)
            {
                tokens.Add(new SqlToken(SqlTokenKind.End, "", i));
                return tokens;
            }

            tokens.Add(ReadOne(text, ref i));
        }
    }

    private static SqlToken ReadOne(string text, ref int i)
    {
        int start = i;
        char c = text[i];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (i < text.Length && IsWordPart(text[i]))
            {
                i++;
            }

            return new SqlToken(SqlTokenKind.Word, text[start..i], start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
        {
            return new SqlToken(SqlTokenKind.Number, Number(text, ref i), start);
        }

        switch (c)
        {
            case '\'':
                return new SqlToken(SqlTokenKind.Text, Quoted(text, ref i, c), start);
            case '"' or '`':
                string name = Quoted(text, ref i, c);
                return name.Length > 0
                    ? new SqlToken(SqlTokenKind.QuotedName, name, start)
                    : throw AnalyticsException.Syntax($"an empty name at position {start}");
        }

        foreach (string symbol in s_symbols)
        {
            if (string.CompareOrdinal(text, i, symbol, 0, symbol.Length) == 0)
            {
                i += symbol.Length;
                return new SqlToken(SqlTokenKind.Symbol, symbol, start);
            }
        }

        throw AnalyticsException.Syntax(
            char.IsControl(c) || char.IsSurrogate(c) || c > '~' ? $"character U+{(int)c:X4} at position {start}" : $"'{c}' at position {start}");
    }

    private static string Number(string text, ref int i)
    {
        int start = i;
        Digits(text, ref i);
        if (i < text.Length && text[i] == '.')
        {
            i++;
            Digits(text, ref i);
        }

        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            i += i < text.Length && text[i] is '+' or '-' ? 1 : 0;
            Digits(text, ref i);
        }

        // 0x10, 1_000 and 7days are no numbers here.
        return i < text.Length && IsWordPart(text[i]) ? throw AnalyticsException.Syntax($"a number that is none at position {start}") : text[start..i];
    }

    private static void Digits(string text, ref int i)
    {
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }
    }

    private static string Quoted(string text, ref int i, char quote)
    {
        int start = i++;
        StringBuilder value = new();
        while (i < text.Length)
        {
            char c = text[i++];
            if (c == quote)
            {
                if (i == text.Length || text[i] != quote)
                {
                    return value.ToString();
                }

                i++;
            }
            else if (c == '\\')
            {
                Escape(text, ref i, value);
                continue;
            }

            value.Append(c);
        }

        throw AnalyticsException.Syntax($"the quote at position {start} has no end");
    }

    // An escape that means nothing keeps its backslash, so that the patterns of LIKE work.
    private static void Escape(string text, ref int i, StringBuilder value)
    {
        if (i == text.Length)
        {
            return;
        }

        char c = text[i++];
        char? meaning = c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'b' => '\b',
            'f' => '\f',
            'a' => '\a',
            'v' => '\v',
            'e' => '\x1b',
            '\\' or '\'' or '"' or '`' or '/' => c,
            _ => null,
        };
        if (c == 'x')
        {
            if (i + 2 > text.Length || !char.IsAsciiHexDigit(text[i]) || !char.IsAsciiHexDigit(text[i + 1]))
            {
                throw AnalyticsException.Syntax($"'\\x' without two hexadecimal digits at position {i - 2}");
            }

            int code = Convert.ToInt32(text.Substring(i, 2), 16);
            meaning = code < 0x80 ? (char)code : throw AnalyticsException.Syntax($"'\\x' beyond 7F at position {i - 2}; write the character itself");
            i += 2;
        }

        if (meaning is null)
        {
            value.Append('\\');
        }

        value.Append(meaning ?? c);
    }

    private static int SkipBlanks(string text, int i)
    {
        while (i < text.Length)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else if (text[i] == '-' && i + 1 < text.Length && text[i + 1] == '-')
            {
                int end = text.IndexOf('\n', i);
                i = end < 0 ? text.Length : end + 1;
            }
            else if (text[i] == '/' && i + 1 < text.Length && text[i + 1] == '*')
            {
                int end = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                i = end < 0 ? throw AnalyticsException.Syntax($"the comment at position {i} has no end") : end + 2;
            }
            else
            {
                break;
            }
        }

        return i;
    }

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
