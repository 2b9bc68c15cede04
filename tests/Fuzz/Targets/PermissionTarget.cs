using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Engine.Permissions;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Permission queries. The first byte says which of three permissions the key has.</summary>
internal sealed class PermissionTarget : FuzzTarget
{
    /// <summary>Longest query on the wire.</summary>
    private const int LengthMax = 1000;

    private static readonly string[] s_slugs = ["a", "b.read", "api.*"];

    /// <inheritdoc/>
    public override string Name => "permission";

    /// <inheritdoc/>
    public override string Promise => "permission queries parsed and evaluated, against recursion over a list of tokens; an error lies inside of the query";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => [" AND ", " OR ", " and ", " oR ", "(", ")", "a", "b.read", "api.*", "ANDa", "\t", "\u00e9"];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() =>
        from query in (string[])["a", "a AND b.read OR api.*", "(a OR (b.read AND (c)))", "a AND OR", "()", "a b", "perm @", " \t\r\n a\tAND\nb\r", "caf\u00e9", "((((((((a))))))))"]
        from mask in (byte[])[0, 3, 5]
        select (byte[])[mask, .. Encoding.UTF8.GetBytes(query)];

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        if (input.Length is 0 or > LengthMax)
        {
            return;
        }

        HashSet<string> slugs = new(s_slugs.Where((_, i) => (input[0] & (1 << i)) != 0), StringComparer.Ordinal);

        // The quote is a byte that no request can hold, because bodies are UTF-8.
        byte[] query = [.. input.Skip(1).Where(static b => b != PermissionQuery.Quote)];
        bool? expected = RecursiveQuery.Evaluate(Encoding.Latin1.GetString(query), slugs);
        PermissionQuery parsed = new();
        bool parses = parsed.TryParse(query, out QueryError error);
        bool isSatisfied = parses && parsed.IsSatisfiedBy(new StringSet(slugs));
        Demand(parses == expected is not null && isSatisfied == (expected ?? false), $"expected {expected}, got {parses} and {isSatisfied}");
        if (!parses)
        {
            Demand(error.Position >= 0 && error.Position <= query.Length, $"an error at {error.Position} of {query.Length}");
            string text = error.Describe(query);
            Demand(text.Length > 0 && !text.Any(char.IsControl), $"an error with a control character: {text}");
        }
    }

    private readonly struct StringSet(HashSet<string> slugs) : IPermissionSet
    {
        public bool Contains(ReadOnlySpan<byte> slug, ulong hash) => slugs.Contains(Encoding.Latin1.GetString(slug));
    }
}
