namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of analytics.getVerifications and analytics.getRatelimits.</summary>
/// <param name="Query">The query.</param>
internal sealed record AnalyticsRequest(string Query);
