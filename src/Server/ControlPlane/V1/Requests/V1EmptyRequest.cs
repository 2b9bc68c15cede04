namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Input of v1's reads without parameters.</summary>
internal sealed record V1EmptyRequest;
