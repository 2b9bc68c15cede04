using System;
using System.Linq;
using System.Text;
using CsCheck;

namespace Unkey.Protocol.Tests;

/// <summary>JSON texts, valid and nearly valid, as bytes.</summary>
internal static class JsonGenerator
{
    /// <summary>Pieces of string literals between the quotes; the text is Latin-1, one character a byte.</summary>
    private static readonly Gen<string> s_piece = Gen.Frequency(
        (10, Gen.OneOf("a", "key", "x1", "0123456789abcdef", "\\\"", "\\\\", "\\/", "\\b\\f\\n\\r\\t", "\\u0041", "\\u00e9", "\\u20AC",
            "\\ud83d\\ude00", "\\u0000",
            "\u00c3\u00a9", "\u00e2\u0082\u00ac", "\u00f0\u009f\u0098\u0080", "\u007f", " ", "<>&'", "\u00e2\u0080\u00a8")),
        (1, Gen.OneOf("\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\ud83dx", "\\x", "\\u12", "\\u12g4", "\\", "\n", "\0", "\u001f", "\u00ff",
            "\u00c3", "\u00ed\u00a0\u0080", "\u00c0\u0080",
            "\u00f4\u0090\u0080\u0080", "\"")));

    private static readonly Gen<string> s_blank = Gen.Frequency((20, Gen.Const(string.Empty)), (3, Gen.OneOf(" ", "\n", "\r\n\t")), (1,
        Gen.OneOf("\f", "\u00a0", "/**/")));

    public static readonly Gen<string> StringLiteral = s_piece.List[0, 4].Select(pieces => "\"" + string.Concat(pieces) + "\"");

    public static readonly Gen<string> Number = Gen.OneOf("0", "-0", "1", "5", "10", "-1", "5.0", "1e2", "1E+2", "1e-2", "0.5", "-0.0",
        "1000000000000", "1000000000001",
        "9223372036854775807", "9223372036854775808", "18446744073709551617", "1e400", "01", "+1", "1.", ".5", "-", "1e", "0x1", "NaN",
            "1_0", "00", "-01", "1e+");

    private static readonly Gen<string> s_scalar = Gen.Frequency((4, StringLiteral), (3, Number), (3, Gen.OneOf("true", "false", "null",
        "True", "nul", "nullx", "truefalse")));

    public static readonly Gen<string> Value = Gen.Recursive<string>((depth, self) => depth > 4
        ? s_scalar
        : Gen.Frequency(
            (3, s_scalar),
            (1, Gen.Select(self, s_blank, (value, blank) => blank + value).List[0, 4].Select(values => "[" + string.Join(',', values)
                + "]")),
            (1, Gen.Select(StringLiteral, s_blank, self, (name, blank, value) => $"{name}{blank}:{value}").List[0, 4].Select(members =>
                "{" + string.Join(',', members) + "}")),
            (1, Gen.OneOf("[", "]", "{", "}", "[1,]", "{\"a\":1,}", "[,1]", "{,}", "{\"a\"}", "{\"a\":}", "{1:2}", "[1 2]", "[1:2]",
                "{\"a\":1]", "[1}", ""))));

    /// <summary>A text with up to two bytes changed, inserted or taken out.</summary>
    public static Gen<byte[]> Mutated(Gen<string> text) => Gen.Select(
        text,
        Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[1, 2])).SelectMany(count =>
            Gen.Select(Gen.Int[0, 2000], Gen.OneOf("{}[]:,\"\\ \n01-.eu\0\u0080\u00ff\u00ef".Select(c => (byte)c).ToArray()),
                Gen.Bool).List[count]),
        (value, edits) => edits.Aggregate(Encoding.Latin1.GetBytes(value), (current, edit) =>
        {
            int at = edit.Item1 % (current.Length + 1);
            return [.. current[..at], edit.Item2, .. current[Math.Min(current.Length, at + (edit.Item3 ? 1 : 0))..]];
        }));
}
