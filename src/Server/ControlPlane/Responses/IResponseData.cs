using System.Text.Json;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Something that can stand as <c>data</c> in a success envelope.</summary>
internal interface IResponseData
{
    /// <summary>Writes exactly one JSON value. Optional members that are empty are left out, never written as null.</summary>
    /// <param name="writer">Positioned where a value is expected.</param>
    public void WriteTo(Utf8JsonWriter writer);
}
