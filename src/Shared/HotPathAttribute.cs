using System;

namespace Unkey;

/// <summary>Marks a method that runs once per request and must neither allocate, block nor throw. Read by the allocation tests.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor)]
internal sealed class HotPathAttribute : Attribute;
