using System.Text.Json.Serialization;

namespace Unkey.Server.ControlPlane;

/// <summary>A three-state field of an update: absent keeps, <c>null</c> clears, a value sets. The default is absent.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <param name="Value">The value; <see langword="default"/> when absent or cleared.</param>
/// <param name="IsPresent">Whether the member is in the body at all.</param>
/// <param name="IsNull">Whether it is there as a literal <c>null</c>.</param>
/// <remarks>Bound through <see cref="OptionalConverter{T}"/>, which each property names because open generic converters need reflection.</remarks>
internal readonly record struct Optional<T>(T? Value, bool IsPresent, bool IsNull)
{
    /// <summary>Whether a value is there.</summary>
    [JsonIgnore]
    public bool HasValue => IsPresent && !IsNull;
}
