namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of operations that name one override and nothing else.</summary>
/// <param name="Namespace">Name or id of the namespace.</param>
/// <param name="Identifier">For getOverride an identifier that is rate limited, for deleteOverride the text of the override.</param>
internal sealed record OverrideRequest(string Namespace, string Identifier);
