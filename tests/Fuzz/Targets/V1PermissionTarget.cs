using System.Collections.Generic;
using Unkey.Protocol;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Permission queries of the old API.</summary>
internal sealed class V1PermissionTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "v1-permission";

    /// <inheritdoc/>
    public override string Promise => "nested JSON permission queries of v1 against recursion over System.Text.Json; before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => JsonSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() => JsonSeeds.All();

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        if (input.Length > V1PermissionQuery.BytesMax / 2)
        {
            // The reference knows no bound; below this length there is none to meet.
            return;
        }

        string expected = V1PermissionOutcome.Reference(input);
        V1PermissionQuery query = new();
        Same(expected, Translate(query, input), "against the reference");
        Layouts.AtGuardPage(input, sequence => Same(expected, Translate(query, sequence.FirstSpan), "before a guard page, with a reader that was used"));
    }

    private static string Translate(V1PermissionQuery query, System.ReadOnlySpan<byte> json) =>
        V1PermissionOutcome.Translate(query, json) is var text && text == "broken" ? "refused" : text;
}
