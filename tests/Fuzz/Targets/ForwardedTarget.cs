using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Server.Hot;

namespace Unkey.Fuzz.Targets;

/// <summary>Values of <c>X-Forwarded-For</c>.</summary>
internal sealed class ForwardedTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "forwarded";

    /// <inheritdoc/>
    public override string Promise => "the first address of X-Forwarded-For against split and trim of a string; before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => [",", ", ", "[::1]:80", "1.2.3.4:5", "::ffff:1.2.3.4", "[", "]", "[]", ":", "unknown"];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() =>
        ((string[])["1.2.3.4", "1.2.3.4:80, 5.6.7.8", "[2001:db8::1]:443", "2001:db8::1", " , ,\t10.0.0.1 ", "[", "[]", ":80", "", ",", "a:b:c"]).Select(Encoding.Latin1.GetBytes);

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        string? expected = Encoding.Latin1.GetString(input).Split(',').Select(static item => item.Trim(' ', '\t')).FirstOrDefault(static item => item.Length > 0);
        if (expected is not null)
        {
            string[] colons = expected.Split(':');
            expected = expected[0] == '[' ? (expected.Contains(']', StringComparison.Ordinal) ? expected[1..expected.IndexOf(']', StringComparison.Ordinal)] : expected)
                : colons.Length == 2 && colons[0].Length > 0 ? colons[0]
                : expected;
        }

        Same(expected ?? "none", First(input), "against the reference");
        Layouts.AtGuardPage(input, sequence => Same(expected ?? "none", First(sequence.FirstSpan), "before a guard page"));
    }

    private static string First(ReadOnlySpan<byte> list) => CallerAddress.TryFirst(list, out ReadOnlySpan<byte> first) ? Encoding.Latin1.GetString(first) : "none";
}
