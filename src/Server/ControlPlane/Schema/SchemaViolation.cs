using System;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>One item of <c>error.errors</c>. Immutable.</summary>
/// <param name="Location">Schema keyword location such as <c>/properties/name/minLength</c>, or the class of a failure outside the schema.</param>
/// <param name="Message">What is wrong, for people; names the keyword and the numbers, not the client's text.</param>
/// <param name="Fix">How to put it right; only on failures outside the schema.</param>
internal sealed record SchemaViolation(string Location, string Message, string? Fix = null)
{
    /// <summary>Which value is meant, as a dotted path such as <c>ratelimits.0.name</c>; of a missing member the path that it would have. Empty for the whole body.</summary>
    public string Path { get; init; } = "";

    /// <summary>Whether it is a missing member.</summary>
    public bool IsMissing => Location.EndsWith("/required", StringComparison.Ordinal);
}
