using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>JSON, as the hot requests and as the others read it.</summary>
internal sealed class JsonTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "json";

    /// <inheritdoc/>
    public override string Promise => "JSON tokens against System.Text.Json; the bodies of the control plane are valid in the same cases; before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => JsonSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() => JsonSeeds.All();

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        string expected = JsonTokens.Reference(input);
        Same(expected, JsonTokens.Scan(input), "against System.Text.Json");
        Layouts.AtGuardPage(input, sequence => Same(expected, JsonTokens.Scan(sequence.FirstSpan), "before a guard page"));
        bool isBody = JsonBody.TryParse(input, out JsonDocument? document, out _);
        document?.Dispose();
        Demand(isBody == (expected != "invalid"), $"the control plane reads this body: {isBody}; the scanner: {!isBody}");
    }
}
