using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Unkey.Server.Hosting;

/// <summary>Makes text that came from outside safe to show on a terminal or in a one-line log. Any thread.</summary>
internal static class TextSafety
{
    // C0, DEL and C1 controls, and the two Unicode line ends: what moves a cursor, changes colours or fakes a new line.
    private static readonly SearchValues<char> s_unsafe = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019"
        + "\u001a\u001b\u001c\u001d\u001e\u001f\u007f\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d"
        + "\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u2028\u2029");

    /// <summary>Replaces each control character by its <c>\uXXXX</c> form.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same instance when nothing had to change.</returns>
    public static string Escape(string text)
    {
        int first = text.AsSpan().IndexOfAny(s_unsafe);
        if (first < 0)
        {
            return text;
        }

        StringBuilder escaped = new(text.Length + 16);
        escaped.Append(text, 0, first);
        foreach (char c in text.AsSpan(first))
        {
            if (s_unsafe.Contains(c))
            {
                escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }
}
