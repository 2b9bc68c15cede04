using System.Collections.Generic;
using Unkey.Protocol;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Requests of limit, multiLimit and the old API's limit.</summary>
internal sealed class RatelimitTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "ratelimit";

    /// <inheritdoc/>
    public override string Promise => "limit, multiLimit and v1 limit requests against the contract over System.Text.Json; before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => JsonSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() => JsonSeeds.All();

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        string expected = RatelimitOutcome.Reference(input);
        RatelimitRequestReader reader = new();
        Same(expected, RatelimitOutcome.Read(reader, input), "against the contract");
        Layouts.AtGuardPage(input, sequence => Same(expected, RatelimitOutcome.Read(reader, sequence.FirstSpan), "before a guard page, with a reader that was used"));
    }
}
