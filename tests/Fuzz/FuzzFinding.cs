using System;

namespace Unkey.Fuzz;

/// <summary>What an oracle found.</summary>
/// <param name="message">Where, what it expected, and what it got.</param>
internal sealed class FuzzFinding(string message) : Exception(message);
