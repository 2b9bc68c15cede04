namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.whoami.</summary>
/// <param name="Key">The whole key in plain text; never stored or logged.</param>
internal sealed record WhoamiRequest(string Key)
{
    /// <summary>Keeps the key out of any text made of the record.</summary>
    public override string ToString() => nameof(WhoamiRequest);
}
